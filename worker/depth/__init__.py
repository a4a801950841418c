"""Photo to depth: a package for each family of depth models, the registry that gathers them, and their weights."""
