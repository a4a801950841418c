"""The MoGe-2 networks: photo to point map, mask, scale and normals. Importing this imports no torch; its modules do."""
