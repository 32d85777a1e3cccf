"""The command line: thin, over a client or the server."""
