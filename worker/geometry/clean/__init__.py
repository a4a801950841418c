"""Cleaning a depth map: background, noise, flying pixels, islands, holes and rims; `refine` does all but the rims."""
