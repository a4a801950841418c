"""From clean depth to an organized point cloud, to triangle meshes, and to gray tones."""
