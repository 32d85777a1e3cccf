"""What is between a world and those who use it: HTTP, the control API, opening and serving."""
