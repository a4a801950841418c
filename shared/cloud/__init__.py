"""The point cloud, its file format, and the camera that it belongs to."""
