import numpy as np
import pytest

from tests.support.heads import some_head
from worker.head.report import head_report, no_head_report


def test_a_head_s_report_leaves_out_expressions_that_are_not_seen():
    head = some_head()
    head.weights["jawOpen"] = 0.004
    report = head_report(head, fit_error_mm=np.float64(1.234), unseen=["the left ear"])
    assert report["expression"] == {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.4}
    assert (report["found"], report["fit_error_mm"], report["unseen"]) == (True, 1.23, ["the left ear"])
    assert report["measures"][1] == {"name": "face height", "length_mm": 122.2, "error_mm": 3.4}


@pytest.mark.parametrize(
    ("depth", "fitted", "words"),
    [
        ({}, False, "no face was found"),
        ({"face_found": True, "silhouette_found": False}, False, "told from the background"),
        ({"face_found": True, "silhouette_found": True}, True, "none fits the face"),
        ({"face_found": True, "silhouette_found": True}, False, "estimate the depth again"),
    ],
)
def test_where_there_is_no_head_it_says_why(depth, fitted, words):
    report = no_head_report(depth, fitted=fitted)
    assert report["found"] is False and words in report["reason"]
