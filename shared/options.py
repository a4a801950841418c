"""What a user may choose for a job: one typed model per stage, with range, default and help.

The API validates with these models, the OpenAPI document and the page's form are generated from them (title, order, and
the step of a slider too), and the workers read them back from the job record.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

PHOTO_LIMIT_MP = 50
"""Megapixels of the largest photo, unless a setting says otherwise."""
NETWORK_TOKENS = 1800
"""Tokens that a photo has where the network leaves their number open, unless a setting says otherwise."""
FOV_X_LIMITS_DEG = (5, 150)
"""Horizontal fields of view that are believed of a lens."""
PUPIL_DISTANCE_MM = 63.0
"""Mean of adults: Dodgson, Variation and extrema of human interpupillary distance, 2004."""

Focus = Literal["face", "photo"]
Extent = Literal["photo", "bust"]
Color = Literal["grayscale", "photo", "classes"]


class DepthOptions(BaseModel):
    """Settings of the depth stage."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(
        "auto", title="Depth model", max_length=64, description="Depth model; auto takes the best one that is ready."
    )
    fov_x_deg: float | None = Field(
        None,
        title="Field of view",
        ge=FOV_X_LIMITS_DEG[0],
        le=FOV_X_LIMITS_DEG[1],
        description="Horizontal field of view in degrees; empty: from the photo's EXIF, else 40.",
    )
    pupil_distance_mm: float | None = Field(
        None,
        title="Between the pupils",
        ge=40,
        le=80,
        json_schema_extra={"x-step": 0.5},
        description="Distance between the pupils in mm, which sets the size of everything; empty: from the size of the "
        "irises where they are clear, else 63, the mean of adults.",
    )
    focus: Focus = Field(
        "face",
        title="Look at",
        description="What a depth network sees: photo, the whole photo; face, a small face as well, enlarged.",
    )
    extent: Extent = Field(
        "photo",
        title="How much of the person",
        description="How much of the person is shown: photo, as far as the photo shows them; bust, head and shoulders, "
        "cut in an ellipse.",
    )
    face: str | None = Field(
        None,
        title="Face",
        pattern=r"^[0-9]{1,6}(\.[0-9]{1,3})?,[0-9]{1,6}(\.[0-9]{1,3})?$",
        json_schema_extra={"x-hidden": True},  # the page shows the faces on the photo
        description="X,Y in pixels of the upright photo: of several people, the one whose face is nearest to it; "
        "empty: the one whose face is largest.",
    )

    @property
    def face_uv(self) -> tuple[float, float] | None:
        """The point of `face` as column and row; None where there is none."""
        u, _, v = (self.face or "").partition(",")
        return (float(u), float(v)) if v else None

    def for_photo(self) -> dict[str, Any]:
        """What is said of the photo: all but which depth model estimates it."""
        return self.model_dump(exclude={"model", "face"}) | {"face_uv": self.face_uv}


class ModelOptions(BaseModel):
    """Settings of the model stage; changing them does not run the network again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    point_budget: int = Field(
        100_000,
        title="Number of points",
        ge=1_000,
        le=500_000,
        description="The cloud has at most this many points.",
        json_schema_extra={"x-step": 1000},
    )
    smoothing: float = Field(
        1.0,
        ge=0,
        le=10,
        description="Strength of the smoothing, in mm where the depth is metric, else in pixels; 0 is none.",
        json_schema_extra={"x-step": 0.1},
    )
    color: Color = Field(
        "grayscale",
        title="Colour",
        description="Colour of the points: by depth, lighter is nearer; the photo's own; or one for each class, which "
        "are hair, skin, clothes and other.",
    )
    background: Literal["remove", "keep"] = Field(
        "remove", description="Cut away what lies far behind the person, where the depth model tells them apart."
    )
