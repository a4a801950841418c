"""The contract that the web front and the workers both speak."""
