"""A cloud's surface as files that other programs open: prepared once, then a table of formats."""
