"""Files of arrays, as NumPy writes them, and such as lie."""

import io
import zipfile

import numpy as np


def npy(values, **options):
    """One array as .npy."""
    file = io.BytesIO()
    np.save(file, values, **options)
    return file.getvalue()


def npz(**arrays):
    """Arrays by name as .npz."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def npy_that_promises(shape, dtype="<f8", data=b""):
    """A header of that shape, and only these data behind it."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": dtype, "fortran_order": False, "shape": shape})
    return file.getvalue() + data


def zipped(packing=zipfile.ZIP_DEFLATED, **members):
    """An .npz file of members as they are given, by the names of their arrays."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", packing) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return file.getvalue()
