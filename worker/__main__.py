"""`python -m worker PHOTO --out DIR`: the pipeline without a queue, as tests and benchmarks drive it."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from shared.errors import ReliefError
from shared.maps.disparity_files import read_disparity
from shared.maps.point_files import read_points
from shared.maps.points import PointsUnit
from shared.options import DepthOptions, ModelOptions
from shared.photo.decode import read_photo
from shared.results import HEAD, VIEW
from shared.settings import DepthSettings, WeightsSettings
from shared.viewer import view_html
from worker import pipeline
from worker.depth import registry
from worker.depth.estimator import Photo
from worker.depth.own_maps import has_own_map
from worker.report import report_of

log = logging.getLogger("worker")

BAD_INPUT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 2 where the input cannot be used."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    given = _parser().parse_args(arguments)
    try:
        run(given)
    except ValidationError as error:
        first = error.errors()[0]
        log.error("%s: %s, got %s", first["loc"][0], first["msg"], first["input"])
        return BAD_INPUT
    except (ReliefError, OSError) as error:
        log.error("%s", error)
        return BAD_INPUT
    return 0


def run(given: argparse.Namespace) -> None:
    """Turn one photo into the files of a job, a page that shows it, and a report; with `meshes`, into its meshes too.

    Raises:
        ValidationError: an option has a wrong value.
        ReliefError: the photo, the map, the model or a setting cannot be used.
        OSError: a file cannot be read or written.
    """
    depth_options = DepthOptions.model_validate(given, from_attributes=True)
    model_options = ModelOptions.model_validate(given, from_attributes=True)
    clock = _Clock()
    decoded = read_photo(given.photo.read_bytes())
    photo = Photo(**vars(decoded), **depth_options.for_photo())
    how = DepthSettings.from_environment()
    model = registry.choose(depth_options.model, given.weights, how.depth_backend).name
    if given.disparity:
        photo = replace(photo, disparity=read_disparity(given.disparity.read_bytes(), photo.size_wh))
    if given.points:
        photo = replace(photo, points=read_points(given.points.read_bytes(), photo.size_wh, given.points_unit))
    if has_own_map(photo):
        model = registry.FOR_MAPS
    estimator = registry.load(model, given.weights, how.depth_backend, how.network_tokens)
    clock.lap("load")
    depth_map = pipeline.estimate_depth(estimator, photo)
    clock.lap("depth")
    cloud, cloud_report = pipeline.build_cloud(depth_map, photo.pixels, model_options)
    clock.lap("model")
    files = pipeline.depth_files(depth_map, model=model)
    files |= pipeline.cloud_files(cloud, photo.pixels, model_options, model=model)
    clock.lap("files")
    head, head_found = pipeline.build_head(depth_map, photo.pixels)
    files |= pipeline.head_files(head, model=model) if head else {}
    size_from = depth_map.report.get("scale", {}).get("source")
    view = {"title": given.photo.stem, "color": model_options.color, "head": files.get(HEAD), "size_from": size_from}
    files[VIEW] = view_html(cloud, **view).encode()
    clock.lap("head")
    if given.meshes:
        files |= pipeline.mesh_files(cloud, photo.pixels, model_options, model=model)
        clock.lap("meshes")
    made = report_of(
        depth_map.report, cloud_report, model=model, depth_options=depth_options, model_options=model_options
    )
    made["head"] = head_found
    files |= pipeline.report_files({"photo": given.photo.name, **made, "seconds": clock.seconds})
    _write(given.out, files)
    log.info("%s: %d points by %s in %s", given.photo.name, cloud.count, model, given.out)
    log.info("%s: %s", given.photo.name, "the whole head is head.glb" if head else head_found["reason"])


class _Clock:
    """Seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.seconds[name], self._since = round(now - self._since, 3), now


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Write each file under another name first, so that none is ever seen half done."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        part = folder / f".{name}.part"
        part.write_bytes(data)
        part.replace(folder / name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m worker", description="Turn a photo of a face into a 3D face.")
    parser.add_argument("photo", type=Path, metavar="PHOTO", help="a JPEG or PNG file")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    own_map = parser.add_mutually_exclusive_group()
    own_map.add_argument(
        "--disparity",
        type=Path,
        metavar="MAP",
        help="a disparity map of the photo, larger is nearer, in place of a network: .png, .npy or .npz",
    )
    own_map.add_argument(
        "--points",
        type=Path,
        metavar="FILE.npz",
        help="points or depth of the photo in place of a network's, with normals, mask and intrinsics where they are "
        "known: arrays of these names, as MoGe gives them",
    )
    parser.add_argument(
        "--points-unit",
        choices=get_args(PointsUnit),
        default="m",
        help="of points or depth: m, mm, or relative for any",
    )
    weights = WeightsSettings.from_environment().weights
    parser.add_argument("--weights", type=Path, default=weights, metavar="DIR", help="folder of model weights")
    parser.add_argument("--meshes", action="store_true", help="write meshes, a normal map and pictures too")
    for name, field in (DepthOptions.model_fields | ModelOptions.model_fields).items():
        parser.add_argument(f"--{name.replace('_', '-')}", default=field.default, help=field.description)
    return parser


if __name__ == "__main__":
    sys.exit(main())
