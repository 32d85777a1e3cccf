"""The worlds that a server has: what each is opened with, who is in it at first, and how to reach it."""
