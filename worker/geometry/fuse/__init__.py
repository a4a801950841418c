"""Disparity and a face's depth made one metric depth map."""
