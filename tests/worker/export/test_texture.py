from dataclasses import replace

import cv2
import numpy as np


def opened(source):
    """The texture of a source, (H, W, 3) uint8."""
    data = np.frombuffer(source.texture.data, np.uint8)
    return cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def test_the_texture_is_the_photo_but_at_the_outline_where_it_has_the_cloud_s_colours(source):
    ball, wall = np.array([180, 120, 90]), np.array([20, 40, 200])
    near_ball = cv2.dilate(source.cloud.mask.astype(np.uint8), np.ones((3, 3)))[..., None]
    rgb = np.where(near_ball, ball, 0).astype(np.uint8)
    inside = cv2.erode(source.cloud.mask.astype(np.uint8), np.ones((3, 3)))[..., None]  # a rim shows the wall
    pixels = np.where(inside, ball, wall).astype(np.uint8).repeat(2, 0).repeat(2, 1)
    pixels[58:62, 70:74] = ball + 9  # a detail that the cloud's grid has lost
    clean = replace(source, pixels=pixels, cloud=replace(source.cloud, rgb=rgb))
    texture = opened(clean).astype(int)
    surface = source.cloud.mask.repeat(2, 0).repeat(2, 1)
    assert np.abs(texture - ball)[surface].max() < 16  # JPEG
    assert texture[60, 72].mean() > ball.mean() + 5
    np.testing.assert_allclose(texture[2, 2], wall, atol=9)  # far away, the photo


def test_a_large_photo_becomes_a_texture_of_at_most_2048_pixels(source):
    large = replace(source, pixels=np.zeros((1000, 4096, 3), np.uint8))
    assert opened(large).shape == (500, 2048, 3)
    assert large.texture.media_type == "image/jpeg"
