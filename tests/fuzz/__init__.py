"""Fuzzing guided by coverage, which `make soak` runs for minutes."""
