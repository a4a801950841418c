"""`python -m worker PHOTO --out DIR`: the pipeline without a queue, as tests and benchmarks drive it."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from shared.errors import ReliefError
from shared.options import ModelOptions
from shared.photo import read_photo
from shared.settings import Settings
from worker import __version__, pipeline
from worker.depth.estimator import Photo

log = logging.getLogger("worker")

BAD_INPUT = 2
OPTIONS = {"points": "point_budget", "smoothing": "smoothing", "color": "color", "background": "background"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 2 where the input cannot be used."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    given = _parser().parse_args(arguments)
    try:
        options = ModelOptions(**{field: getattr(given, name) for name, field in OPTIONS.items()})
        run(given.photo, given.out, given.model, options, given.weights, given.fov_x_deg)
    except ValidationError as error:
        first = error.errors()[0]
        log.error("%s: %s", first["loc"][0], first["msg"])
        return BAD_INPUT
    except (ReliefError, OSError) as error:
        log.error("%s", error)
        return BAD_INPUT
    return 0


def run(
    path: Path, out: Path, model: str, options: ModelOptions, weights: Path, fov_x_deg: float | None = None
) -> dict[str, Any]:
    """Turn one photo into depth.png, depth16.png, depth.npz, cloud.rlf, cloud.ply, view.html and report.json.

    Returns:
        The report, as it is written.
    Raises:
        ReliefError: the photo or the model cannot be used.
        OSError: a file cannot be read or written.
    """
    from shared.viewer import view_html
    from worker.depth import registry  # brings torch: not before the arguments are known to be good

    seconds: dict[str, float] = {}
    clock = _Clock(seconds)
    decoded = read_photo(path.read_bytes())
    photo = Photo(decoded.pixels, decoded.focal_35mm, fov_x_deg)
    row = registry.choose(model, weights)
    estimator = registry.load(row.name, weights)
    clock.lap("load")
    depth_map = pipeline.estimate_depth(estimator, photo)
    clock.lap("depth")
    cloud, cloud_report = pipeline.build_cloud(depth_map, photo.pixels, options)
    clock.lap("model")
    report = {
        "photo": path.name,
        "model": row.name,
        "version": __version__,
        "settings": options.model_dump(),
        "depth": depth_map.report,
        "cloud": cloud_report,
        "seconds": seconds,
    }
    files = pipeline.depth_files(depth_map) | pipeline.cloud_files(cloud, options, model=row.name)
    files["view.html"] = view_html(cloud, title=path.stem, color=options.color).encode()
    clock.lap("files")
    files["report.json"] = json.dumps(report, indent=2, allow_nan=False).encode()
    _write(out, files)
    log.info("%s: %d points by %s in %s", path.name, cloud.count, row.name, out)
    return report


class _Clock:
    """Seconds of each stage."""

    def __init__(self, seconds: dict[str, float]) -> None:
        self._seconds, self._since = seconds, time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self._seconds[name], self._since = round(now - self._since, 3), now


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Write each file under another name first, so that none is ever seen half done."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        part = folder / f".{name}.part"
        part.write_bytes(data)
        part.replace(folder / name)


def _weights_folder() -> Path:
    """Where the workers look for weights too; the other settings of a server are not needed here."""
    field = Settings.model_fields["weights"]
    return Path(os.environ.get(field.alias or "", field.default)).expanduser()


def _parser() -> argparse.ArgumentParser:
    field = ModelOptions.model_fields
    parser = argparse.ArgumentParser(prog="python -m worker", description="Turn a photo of a face into a 3D face.")
    parser.add_argument("photo", type=Path, metavar="PHOTO", help="a JPEG or PNG file")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    parser.add_argument(
        "--model", default="auto", metavar="NAME", help="depth model; auto takes the best that is ready"
    )
    parser.add_argument(
        "--weights", type=Path, default=_weights_folder(), metavar="DIR", help="folder of model weights"
    )
    parser.add_argument("--fov-x-deg", type=float, metavar="DEG", help="horizontal field of view")
    parser.add_argument("--points", type=int, default=field["point_budget"].default, help="most points in the cloud")
    parser.add_argument("--smoothing", type=float, default=field["smoothing"].default, help="in mm, or pixels")
    parser.add_argument("--color", choices=("grayscale", "photo"), default=field["color"].default)
    parser.add_argument("--background", choices=("remove", "keep"), default=field["background"].default)
    return parser


if __name__ == "__main__":
    sys.exit(main())
