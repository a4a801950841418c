"""The Depth Anything V2 networks: photo to disparity. Importing this package does not import torch; its modules do."""
