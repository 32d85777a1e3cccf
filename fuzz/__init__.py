"""A fuzzer for the venues' APIs and the control API: valid signatures over broken calls, against a world at work."""
