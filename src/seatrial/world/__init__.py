"""One exchange at work: calls and their answers, commits, the passing of time, look-ups, recovery."""
