"""Photo in, 3D face out: the depth and model stages, as Celery workers or as a command."""

import os

MAX_PHOTO_PIXELS = 50_000_000

os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PHOTO_PIXELS))  # cv2 reads it once, when it is imported
# Matrices here are small: more threads of OpenBLAS, which numpy brings, wait for each other and use up other cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read once, when numpy is imported
os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # ONNX Runtime tells its authors of each process; read once, at its start
