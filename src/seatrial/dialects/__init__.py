"""The wires: one folder per venue, bytes in and bytes out, without a socket."""
