"""The networks that look at a photo, one a module: photo in, plain arrays out."""
