"""How far each thing that is seen of a head counts in its fit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FitSettings:
    """Errors are standard deviations. Chosen on rendered ICT-FaceKit heads h0-h7 unless said otherwise."""

    across_mm: float = 1.5  # of a landmark, across the ray on which it is seen
    along_mm: float = 3.0  # of a landmark, along that ray
    independent: float = 60.0  # landmarks: neighbours err alike
    rounds: int = 5  # of Gauss-Newton
    shape_ridge: float = 2.0  # weight of a coefficient of shape, in standard deviations among people
    expression_error: float = 0.5  # of an expression's weight from none; set by hand, on photos
    scale_error: float = 0.06  # of the scale, from that of the pupils


@dataclass(frozen=True)
class OutlineSettings:
    """The photo's outline above the chin; set by hand."""

    grid_px: int = 256  # long side of the grid on which it is drawn
    independent: float = 20.0  # points of the outline
    shape_ridge: float = 4.0  # in place of FitSettings.shape_ridge
    rounds: int = 3
    skin_mm: float = 2.0  # error of the outline where it is skin
    hair_mm: float = 10.0  # thickness of hair over the skull, in the middle ...
    hair_error_mm: float = 10.0  # ... and its spread among people
    most_mm: float = 35.0  # farther apart, outline and head are not of one thing
    least_cosine: float = 0.5  # between the directions in which the two outlines look


FIT, OUTLINE = FitSettings(), OutlineSettings()
