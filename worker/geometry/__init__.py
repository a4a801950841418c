"""Depth to points and surfaces: pure functions, arrays in, new arrays out."""
