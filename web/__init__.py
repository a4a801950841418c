"""The web front: accepts photos, answers how their jobs are doing, and serves the results."""
