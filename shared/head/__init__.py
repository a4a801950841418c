"""A whole head: its meshes, what can be moved in it, and its compact file."""
