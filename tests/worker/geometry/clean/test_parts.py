import numpy as np
from scipy import ndimage

from shared.cloud.camera import Intrinsics
from worker.geometry.clean.parts import islands, label_parts
from worker.geometry.jumps import Links, links_of


def links_where_known(known):
    return Links(right=known[:, 1:] & known[:, :-1], down=known[1:] & known[:-1])


def test_labels_agree_with_scipy_on_random_masks():
    known = np.random.default_rng(3).random((37, 53)) < 0.6
    expected, count = ndimage.label(known)
    labels = label_parts(known, links_where_known(known))
    pairs = set(zip(labels[known].tolist(), expected[known].tolist(), strict=True))
    assert len(pairs) == count == labels.max()
    assert not labels[~known].any()


def test_a_jump_parts_what_the_mask_joins():
    depth = np.full((6, 8), 600.0)
    depth[2:4, 3:6] = 500
    labels = label_parts(np.isfinite(depth), links_of(depth, Intrinsics.from_focal((8, 6), 300)))
    assert labels.max() == 2
    assert (labels[2:4, 3:6] == labels[2, 3]).all()


def test_an_empty_grid_has_no_parts():
    nothing = np.zeros((3, 5), bool)
    assert not label_parts(nothing, links_where_known(nothing)).any()


def test_a_speck_floating_before_a_face_is_an_island_and_the_face_is_not():
    depth = np.full((60, 80), 600.0)
    depth[20:23, 30:34] = 400
    found = islands(np.isfinite(depth), links_of(depth, Intrinsics.from_focal((80, 60), 300)))
    assert found.sum() == 12
    assert found[20:23, 30:34].all()


def test_the_largest_surface_is_kept_however_small():
    depth = np.full((60, 80), np.nan)
    depth[10, 10:13] = 600
    assert not islands(np.isfinite(depth), links_of(depth, Intrinsics.from_focal((80, 60), 300))).any()
