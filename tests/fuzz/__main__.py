"""`python -m tests.fuzz photo|disparity|points FOLDER [libFuzzer's options]`: files that break or hold a reader.

What was found lies in FOLDER, which grows from run to run; atheris ends with an error at the first file that raises
anything but a refusal, takes longer than TIMEOUT_S, or more than MEMORY_MB.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["shared", "PIL"]):  # what was imported before is not instrumented
    from shared.errors import DisparityError, PhotoError, PointsError
    from shared.maps.disparity_files import read_disparity
    from shared.maps.point_files import read_points
    from shared.photo.decode import read_photo
    from tests.support.corpus import disparities, photos, point_maps
    from tests.support.mutations import mended

TIMEOUT_S = 20
MEMORY_MB = 1500
LIMIT_MP = 1


def photo(data: bytes) -> None:
    """Read it as a photo; checksums are right, or little of it would be read."""
    with suppress(PhotoError):
        read_photo(mended(data), limit_mp=LIMIT_MP)


def disparity(data: bytes) -> None:
    """Read it as a disparity map."""
    with suppress(DisparityError):
        read_disparity(data, (80, 60), limit_mp=LIMIT_MP)


def points(data: bytes) -> None:
    """Read it as a point map."""
    with suppress(PointsError):
        read_points(data, (80, 60), limit_mp=LIMIT_MP)


TARGETS: dict[str, tuple[Callable[[bytes], None], Callable[[], list[bytes]]]] = {
    "photo": (photo, photos),
    "disparity": (disparity, disparities),
    "points": (points, point_maps),
}


def main() -> None:
    """Fuzz until libFuzzer's -max_total_time is over."""
    name, folder, *options = sys.argv[1:]
    target, corpus = TARGETS[name]
    found = Path(folder) / name
    found.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(corpus()):
        (found / f"given-{number}").write_bytes(data)
    limits = [f"-timeout={TIMEOUT_S}", f"-rss_limit_mb={MEMORY_MB}", f"-artifact_prefix={found}/broke-"]
    atheris.Setup([sys.argv[0], str(found), *limits, *options], target)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
