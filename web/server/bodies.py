"""How many bytes a request's body may have, for the server that receives it and the application that reads it."""

from __future__ import annotations

UPLOAD = ("POST", "/api/v1/jobs")
SETTINGS_BYTES = 64_000  # of a body that can hold no photo: settings as JSON, or a form without files
FORM_OVERHEAD_BYTES = 100_000
URLENCODED = "application/x-www-form-urlencoded"


def body_limit_bytes(method: str, path: str, content_type: str, upload_mb: int) -> int:
    """The largest body of such a request: the one that may hold a photo is `upload_mb` large, any other is small."""
    is_form = content_type.partition(";")[0].strip().lower() == URLENCODED
    if (method, path) != UPLOAD or is_form:
        return SETTINGS_BYTES
    return upload_mb * 1_000_000 + FORM_OVERHEAD_BYTES
