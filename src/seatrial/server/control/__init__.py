"""The control API: everything that a tester needs and no venue gives."""
