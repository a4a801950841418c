import numpy as np

from shared.cloud.camera import project
from worker.head.surface import seen
from worker.person.landmarks import LANDMARKS


def test_what_is_seen_of_a_head_is_its_front(mean_person, model, camera):
    head = seen(mean_person.vertices(model), model, camera)
    nose = mean_person.landmarks_mm[4]
    u, v = np.rint(project(nose, camera)).astype(int)
    assert abs(head.front[v, u] - nose[2]) < 2
    assert np.nanmin(head.front) > nose[2] - 5
    assert np.nanmax(head.front) < mean_person.vertices(model)[:, 2].max()


def test_its_rim_is_where_it_turns_away(mean_person, model, camera):
    head = seen(mean_person.vertices(model), model, camera)
    eyes_mm = mean_person.shift_mm[2]
    above = head.rim_uv[:, 1] < project(mean_person.landmarks_mm[LANDMARKS.forehead], camera)[1]
    assert above.sum() > 20
    assert (head.rim_mm[above] > eyes_mm + 40).all()  # the skull's widest part, not its front
    assert (head.rim_mm[above] < eyes_mm + 160).all()
    assert head.size_wh == (camera.width, camera.height)
