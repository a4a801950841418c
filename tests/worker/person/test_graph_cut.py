import numpy as np

from worker.person.graph_cut import graph_cut
from worker.person.region import Region

SIZE = 128
V, U = np.mgrid[:SIZE, :SIZE]
HEAD = np.hypot(U - 64, V - 40) < 22
BODY = (V >= 62) & (np.abs(U - 64) < 40)
REGION = Region(0, SIZE, 0, SIZE, SIZE, face=np.array([64.0, 40.0]), side=np.array([30.0, 30.0]))


def coloured(person):
    """Red where the person is, blue elsewhere, with a little noise."""
    noise = np.random.default_rng(4).integers(0, 25, (SIZE, SIZE, 3))
    return (np.where(person[..., None], [190, 60, 50], [40, 70, 180]) + noise).astype(np.uint8)


def test_a_body_of_which_the_network_was_not_sure_is_found_by_its_colour():
    likely = np.where(HEAD, 0.95, np.where(BODY, 0.3, 0.02))
    cut = graph_cut(coloured(HEAD | BODY), likely, REGION, np.inf)
    assert cut[HEAD | BODY].mean() > 0.95
    assert cut[~(HEAD | BODY)].mean() < 0.05


def test_a_body_that_the_network_invented_is_left_out():
    likely = np.where(HEAD | BODY, np.where(HEAD, 0.95, 0.7), 0.02)
    cut = graph_cut(coloured(HEAD), likely, REGION, np.inf)
    assert cut[HEAD].mean() > 0.95
    assert cut[BODY & (V > 75)].mean() < 0.05


def test_where_nothing_is_certain_the_network_s_outline_remains():
    likely = np.where(HEAD, 0.7, 0.4)
    np.testing.assert_array_equal(graph_cut(coloured(HEAD), likely, REGION, np.inf), likely > 0.5)
