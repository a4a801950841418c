"""The web front: takes photos, tells how their jobs stand, and serves what came of them."""
