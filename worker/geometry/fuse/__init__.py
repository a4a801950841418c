"""Joining what networks and landmarks say of one photo: disparities to each other, and to a depth in mm."""
