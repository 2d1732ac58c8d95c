"""Earshot beside other stream processors, on the same posts and the same broker, in one run: `make bench-peers`."""
