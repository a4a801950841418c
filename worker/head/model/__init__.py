"""The head model: mean, modes of shape, expressions, landmarks, texture layout."""
