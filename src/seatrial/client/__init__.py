"""Calls a venue, ours or the real one."""
