"""Photo in, 3D face out: the depth and model stages, as Celery workers or as a command."""
