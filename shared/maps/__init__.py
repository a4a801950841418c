"""Maps of one's own that take the place of a depth network: disparity or points, their types and their files."""
