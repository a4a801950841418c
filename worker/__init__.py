"""Photo in, 3D face out: the depth and model stages, as Celery workers or as a command."""

import os

__version__ = "0.1.0"
MAX_PHOTO_PIXELS = 50_000_000

os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PHOTO_PIXELS))  # cv2 reads it once, when it is imported
