"""A disparity map of one's own, in place of a depth network: its type, and its files."""
