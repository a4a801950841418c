"""The files of a job: one table of their names, media types, words for people, and stages.

A new file needs a row here and a function that makes it: the API, the page, the archive and `/options` read the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.jobs.record import Stage

PHOTO = "photo.jpg"
DISPARITY = "disparity.npz"  # that came with the photo; stored beside it, and no result
THUMBNAIL = "thumbnail.jpg"
VIEW = "view.html"
CLOUD = "cloud.rlf"
ROUGH = "rough.rlf"
CLOUD_PLY = "cloud.ply"
GLB = "face.glb"
OBJ = "face.obj.zip"
STL = "face.stl"
PLY = "face.ply"
HEAD = "head.rlh"
HEAD_GLB = "head.glb"
HEAD_OBJ = "head.obj.zip"
HEAD_STL = "head.stl"
HEAD_USDZ = "head.usdz"
HEAD_JSON = "head.json"
HEAD_TURNTABLE = "head_turntable.jpg"
TURNTABLE = "turntable.jpg"
PREVIEW = "preview.jpg"
DEPTH_IMAGE = "depth.png"
DEPTH_IMAGE_16 = "depth16.png"
METRIC_IMAGE = "depth_metric.png"
DEPTH_VALUES = "depth.npz"
NORMALS = "normals.png"
REPORT = "report.json"
ARCHIVE = "all.zip"

BINARY = "application/octet-stream"
HTML = "text/html; charset=utf-8"
JSON = "application/json"


@dataclass(frozen=True)
class ResultFile:
    """A file of a job, under the name that it also has on storage."""

    name: str
    media_type: str  # never the uploader's word
    label: str  # what it is, for a person
    description: str  # what it is good for
    stage: Stage | None = None  # what makes it; None for the photo and for what spans all stages
    stored: bool = True  # False where it is made on request
    hidden: bool = False  # for programs: neither listed on the page nor put into the archive
    gzipped: bool = False  # stored compressed, and sent so
    temporary: bool = False  # there while the job's `preview` is true alone


RESULTS = {  # in the order in which they are listed
    file.name: file
    for file in (
        ResultFile(VIEW, HTML, "3D view", "one file that opens in any browser", Stage.MODEL, stored=False),
        ResultFile(CLOUD_PLY, BINARY, "Point cloud", "PLY, for MeshLab or Blender", Stage.MODEL),
        ResultFile(HEAD_GLB, "model/gltf-binary", "Whole head, GLB", "for Blender, with expressions", Stage.HEAD),
        ResultFile(HEAD_OBJ, "application/zip", "Whole head, OBJ", "with textures, for any 3D program", Stage.HEAD),
        ResultFile(HEAD_STL, "model/stl", "Whole head, STL", "one solid on a flat base, for printing", Stage.HEAD),
        ResultFile(HEAD_USDZ, "model/vnd.usdz+zip", "Whole head, USDZ", "for iPhone and iPad", Stage.HEAD),
        ResultFile(HEAD_JSON, JSON, "Whole head, figures", "JSON: landmarks, measures, pose", Stage.HEAD),
        ResultFile(GLB, "model/gltf-binary", "3D model, GLB", "as the photo shows it, for Blender", Stage.EXPORT),
        ResultFile(OBJ, "application/zip", "3D model, OBJ", "with texture, for any 3D program", Stage.EXPORT),
        ResultFile(STL, "model/stl", "3D model, STL", "for printing", Stage.EXPORT),
        ResultFile(PLY, BINARY, "3D model, PLY", "with colour and confidence", Stage.EXPORT),
        ResultFile(DEPTH_IMAGE, "image/png", "Depth map", "PNG, 8 bit", Stage.DEPTH),
        ResultFile(DEPTH_IMAGE_16, "image/png", "Depth map", "PNG, 16 bit", Stage.DEPTH),
        ResultFile(METRIC_IMAGE, "image/png", "Depth map, metric", "PNG, 8 bit: network and face in one", Stage.DEPTH),
        ResultFile(DEPTH_VALUES, "application/zip", "Depth values", "NumPy, with the camera", Stage.DEPTH),
        ResultFile(NORMALS, "image/png", "Normal map", "PNG", Stage.EXPORT),
        ResultFile(TURNTABLE, "image/jpeg", "Turning pictures", "JPEG: 24 views of the 3D model", Stage.EXPORT),
        ResultFile(HEAD_TURNTABLE, "image/jpeg", "Turning pictures, head", "JPEG: 24 views all around", Stage.HEAD),
        ResultFile(PREVIEW, "image/jpeg", "Picture to share", "JPEG: photo, depth map, 3D", Stage.EXPORT),
        ResultFile(REPORT, JSON, "Report", "JSON: how it was made, and what is metric", Stage.MODEL),
        ResultFile(CLOUD, BINARY, "Point cloud", "for Relief's own viewer", Stage.MODEL, hidden=True, gzipped=True),
        ResultFile(
            ROUGH,
            BINARY,
            "Rough point cloud",
            "until the point cloud is there",
            Stage.DEPTH,
            hidden=True,
            gzipped=True,
            temporary=True,
        ),
        ResultFile(HEAD, BINARY, "Whole head", "for Relief's own viewer", Stage.HEAD, hidden=True, gzipped=True),
        ResultFile(PHOTO, "image/jpeg", "Photo", "as stored, without metadata"),
        ResultFile(THUMBNAIL, "image/jpeg", "Photo, small", "at most 320 pixels", stored=False, hidden=True),
        ResultFile(ARCHIVE, "application/zip", "Everything", "one archive", stored=False),
    )
}


def result_file(name: str) -> ResultFile:
    """The row of a file; one of another release, which is not in the table, has its name as its label."""
    return RESULTS.get(name) or ResultFile(name, BINARY, name, "")


def in_order(names: Iterable[str]) -> list[ResultFile]:
    """The rows of these files in the order of the table, those that are not in it last."""
    order = {name: position for position, name in enumerate(RESULTS)}
    return sorted(map(result_file, names), key=lambda file: order.get(file.name, len(order)))
