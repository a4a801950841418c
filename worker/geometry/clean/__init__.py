"""Depth maps made clean: background, noise, flying pixels, islands, holes and rims."""
