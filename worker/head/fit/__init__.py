"""The fit of the head model to a person in a photo."""
