"""Point clouds and meshes as files that other programs open."""
