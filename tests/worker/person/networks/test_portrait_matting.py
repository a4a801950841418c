import pytest

from worker.person.networks.portrait_matting import input_wh


@pytest.mark.parametrize(
    ("photo_wh", "expected_wh"),
    [
        ((768, 1024), (512, 672)),  # 512 x 682.7, to multiples of 32
        ((300, 400), (288, 384)),  # 300 x 400 as it is
        ((127, 160), (256, 320)),  # enlarged to 256
        ((90, 900), (256, 512)),  # squeezed to two to one
        ((1, 1), (256, 256)),
    ],
)
def test_the_network_sees_photos_at_a_size_that_it_knows_and_that_is_bounded(photo_wh, expected_wh):
    assert input_wh(photo_wh) == expected_wh
