"""Pictures of a 3D model, for whoever cannot turn it: views from many sides, and one for link previews."""
