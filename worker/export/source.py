"""What the files of a 3D model are made from: scaled, textured, and prepared once for all formats.

Convention: lengths in mm, x right, y up, z towards the viewer. Meshes are moved so that the middle of their bounds is
the origin: programs that do not frame what they open would show nothing otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Literal

import numpy as np
import trimesh

from shared import __version__
from shared.cloud.classes import PointClass, colours_of
from shared.cloud.pointcloud import PointCloud
from shared.options import Color, ModelOptions
from worker.export.pictures.render import Surface
from worker.export.texture import Texture, class_texture, extended, photo_texture
from worker.geometry.surface.mesh import Mesh, compact, mesh_from_cloud, sampled, simplified, texture_coordinates
from worker.geometry.surface.solid import solid_from_cloud
from worker.head.meshes import vertex_normals

MESH_TRIANGLES, SOLID_FRONT_TRIANGLES, PICTURE_TRIANGLES = 60_000, 48_000, 16_000
"""At most so many; the rest goes where the shape needs it least."""
RELATIVE_HEIGHT_MM = 200.0
"""How tall a body without a true size becomes: formats and printers need millimetres."""
METRES_PER_MM = 0.001
AXES = "x right, y up, z towards the viewer"

Facts = Mapping[str, str]
"""What a file says of itself: its unit, and what made it."""


@dataclass(frozen=True)
class TexturedMesh(Mesh):
    """A triangle mesh in mm, with what each vertex shows.

    normals: (N, 3) float64 of unit length, means by angle of those of the triangles.
    uv: (N, 2) float64, where the vertices lie in the texture: 0..1 from left to right, and from bottom to top.
    rgb: (N, 3) uint8, the photo's colour, or that of the class where the source is coloured so.
    confidence: (N,) uint8, 0 none to 255 full.
    classes: (N,) uint8, the `PointClass`.
    """

    normals: np.ndarray
    uv: np.ndarray
    rgb: np.ndarray
    confidence: np.ndarray
    classes: np.ndarray


@dataclass(frozen=True)
class Source:
    """A point cloud and its photo; each part is prepared when the first format asks for it.

    pixels: (H, W, 3) uint8, the photo at any size.
    color: of the points in a format that holds one colour: gray by depth, the photo's, or that of the class. A mesh has
        no gray by depth: it has the photo's colours then.
    facts: what made the cloud; every file says it, after what its numbers are.
    made: when the files are made, for archives.
    """

    cloud: PointCloud
    pixels: np.ndarray
    color: Color
    facts: Facts
    made: datetime = field(default_factory=partial(datetime.now, UTC))

    @cached_property
    def mesh(self) -> TexturedMesh:
        """The surface, simplified."""
        mesh, camera = self._surface, self.cloud.camera
        return TexturedMesh(
            vertices=(mesh.vertices - _middle(mesh.vertices)) * self.mm_per_unit,
            triangles=mesh.triangles,
            normals=trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False).vertex_normals,
            uv=texture_coordinates(mesh.vertices, camera),
            rgb=sampled(self.surface_colours, mesh.vertices, camera),
            confidence=sampled(self.cloud.confidence, mesh.vertices, camera),
            classes=sampled(self.cloud.classes, mesh.vertices, camera),
        )

    @cached_property
    def drawn(self) -> Surface:
        """What pictures show: the visible surface in mm, in the photo's colours; where a person is known, theirs."""
        surface, camera = self._surface, self.cloud.camera
        person = sampled(self.cloud.classes, surface.vertices, camera) != PointClass.BACKGROUND
        theirs = person[surface.triangles].any(1) if person.any() else np.s_[:]
        mesh = simplified(compact(Mesh(surface.vertices, surface.triangles[theirs])), PICTURE_TRIANGLES)
        return Surface(
            vertices=(mesh.vertices * self.mm_per_unit).astype(np.float32),
            normals=vertex_normals(mesh.vertices, mesh.triangles).astype(np.float32),
            triangles=mesh.triangles.astype(np.int32),
            uv=texture_coordinates(mesh.vertices, camera).astype(np.float32),
            texture=self.extended_colours,
        )

    @cached_property
    def solid(self) -> Mesh:
        """A closed body with the surface in front, in mm."""
        solid = solid_from_cloud(self.cloud, SOLID_FRONT_TRIANGLES, self._surface)
        return Mesh((solid.vertices - _middle(solid.vertices)) * self.mm_per_unit, solid.triangles)

    @property
    def cloud_facts(self) -> Facts:
        """What a file of the points says."""
        return {"unit": self.cloud.unit, **self.facts}

    def mesh_facts(self, unit: Literal["mm", "m"]) -> Facts:
        """What a file of the mesh says, whose lengths are in that unit."""
        camera = -_middle(self._surface.vertices) * self.mm_per_unit * (METRES_PER_MM if unit == "m" else 1.0)
        size = {} if self.cloud.unit == "mm" else {"size": f"not known, made {RELATIVE_HEIGHT_MM:g} mm tall"}
        place = " ".join(f"{value:.6g}" for value in camera)
        return {"unit": unit, **size, "axes": AXES, "camera at": place, **self.facts}

    @cached_property
    def _surface(self) -> Mesh:
        """The surface, simplified, in the cloud's unit, with the camera at the origin."""
        return simplified(mesh_from_cloud(self.cloud), MESH_TRIANGLES)

    @property
    def surface_colours(self) -> np.ndarray:
        """(H, W, 3) uint8 on the cloud's grid, what a mesh shows."""
        return colours_of(self.cloud.classes) if self.color == "classes" else self.cloud.rgb

    @cached_property
    def extended_colours(self) -> np.ndarray:
        """(H, W, 3) uint8, the photo's colours on the cloud's grid, continued beyond its outline."""
        return extended(self.cloud.rgb, self.cloud.mask)

    @property
    def point_colours(self) -> np.ndarray:
        """(H, W, 3) uint8 on the cloud's grid, what a point shows."""
        return np.repeat(self.cloud.gray[..., None], 3, -1) if self.color == "grayscale" else self.surface_colours

    @cached_property
    def texture(self) -> Texture:
        """What the mesh shows."""
        if self.color == "classes":
            return class_texture(self.surface_colours, self.cloud.mask)
        return photo_texture(self.pixels, self.cloud, self.extended_colours)

    @property
    def mm_per_unit(self) -> float:
        """Scale of the cloud to mm: 1 where it is metric, else such that it is RELATIVE_HEIGHT_MM tall."""
        if self.cloud.unit == "mm":
            return 1.0
        return RELATIVE_HEIGHT_MM / float(np.ptp(self.cloud.points()[:, 1]) or 1.0)


def facts_of(model: str, options: ModelOptions | None = None) -> Facts:
    """What made a file: the depth model, and what the user chose."""
    facts = {"generator": f"Relief {__version__}", "depth model": model}
    if options:
        facts["settings"] = " ".join(f"{name}={value}" for name, value in options.model_dump().items())
    return facts


def fact_lines(facts: Facts) -> list[str]:
    """The facts as text, each on one line."""
    return [" ".join(f"{name}: {fact}".split()) for name, fact in facts.items()]


def standing(vertices: np.ndarray) -> np.ndarray:
    """(3,) what moves vertices (N, 3) so that they stand on y = 0, with their middle above the origin."""
    middle = _middle(vertices)
    return -np.array([middle[0], vertices[:, 1].min(), middle[2]])


def _middle(vertices: np.ndarray) -> np.ndarray:
    """(3,), of the bounds."""
    return (vertices.min(0) + vertices.max(0)) / 2
