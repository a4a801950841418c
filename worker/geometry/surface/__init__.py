"""Clean depth to an organized point cloud and to triangle meshes."""
