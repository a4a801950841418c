"""A whole head from one photo: the head model, its fit to a person, the surfaces all around, and their texture."""
