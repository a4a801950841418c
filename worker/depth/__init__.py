"""Photo to depth: the registry of models, their weights, transforms and networks."""
