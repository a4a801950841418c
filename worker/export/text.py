"""Arrays of numbers as text, for formats that are text; number by number, Python takes six times as long."""

from __future__ import annotations

import numpy as np
import orjson


def numbers_as_text(rows: np.ndarray, digits: int) -> bytes:
    """Numbers (N, K) or (N,) as JSON, without zeros at their ends: [[1.5,2],[3,4]].

    Args:
        rows: all of them finite.
        digits: behind the point, at most.
    """
    exact = np.ascontiguousarray(rows if rows.dtype.kind in "iu" else rows.astype(float).round(digits))
    return orjson.dumps(exact, option=orjson.OPT_SERIALIZE_NUMPY)


def obj_rows(word: bytes, rows: np.ndarray, digits: int) -> bytes:
    """Numbers (N, K) as lines of an OBJ file that begin with a word."""
    return word + numbers_as_text(rows, digits)[2:-2].replace(b"],[", b"\n" + word).replace(b",", b" ") + b"\n"


def obj_faces(triangles: np.ndarray, first: int, count: int) -> bytes:
    """Triangles (M, 3) over `count` vertices as lines, each corner with the number of its place, texture and normal.

    The vertices have the numbers from `first` on in the file.
    """
    names = np.array([b"%d/%d/%d" % (number, number, number) for number in range(first, first + count)])
    lines = np.zeros((len(triangles), 3, names.itemsize + 3), np.uint8)
    lines[:, 0, :2] = [ord("f"), ord(" ")]
    lines[..., 2:-1] = names[triangles][..., None].view(np.uint8)
    lines[..., -1] = [ord(" "), ord(" "), ord("\n")]
    return lines[lines > 0].tobytes()  # the shorter names end in zeros
