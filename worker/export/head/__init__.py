"""A whole head as files that other programs open: prepared once, then a table of formats."""
