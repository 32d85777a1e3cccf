"""Orders in and out, however they are asked for: a request becomes a command, its outcome an answer."""
