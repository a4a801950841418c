"""Depth to points and surfaces: pure functions, arrays in, new arrays out.

camera: what took the photo. jumps: which neighbours are one surface. normals. The folders build on these: clean takes
away and closes, fuse joins two depth maps to one, surface makes clouds and meshes.
"""
