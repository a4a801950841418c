"""Another commit and this checkout on the same machine, in turn: ratios of time and memory."""
