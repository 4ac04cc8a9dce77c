import numpy as np
from small_photos import data_of, fill_wide

from tuner.data.gallery import GALLERY, choose_gallery
from tuner.data.photo_cache import prepare_patches


def squares(*strengths):
    """Squares of one color each; the strength is how far it is from gray."""
    colors = [(128, 128 + one, 128 - one) for one in strengths]
    return np.array(colors, np.uint8)[:, None, None, :].repeat(8, 1).repeat(8, 2)


def test_the_gallery_shows_the_most_colorful_square_of_each_photo():
    names = ["cat tile 1,1", "dog tile 1,1", "cat tile 2,1", "dog tile 1,2", "sun"]
    assert choose_gallery(squares(10, 50, 30, 20, 40), names) == (1, 4, 2)


def test_the_gallery_is_small_and_equal_squares_keep_their_order():
    names = [f"photo{number}" for number in range(9)]
    assert choose_gallery(squares(*[7] * 9), names) == tuple(range(GALLERY))


def test_where_tiles_are_held_out_the_middles_of_whole_photos_are_shown(folder, cache):
    made = prepare_patches(data_of(folder), cache)
    assert made.mode == "tiles"
    assert made.gallery.shape[0] == made.usable
    assert made.gallery.shape[1] > 2 * made.train.shape[1]


def test_where_photos_are_held_out_these_are_shown(tmp_path, cache):
    fill_wide(tmp_path, range(45))
    made = prepare_patches(data_of(tmp_path), cache)
    assert made.mode == "photos"
    chosen = choose_gallery(made.holdout, made.holdout_names)
    assert (made.gallery == made.holdout[list(chosen)]).all()


def test_fewer_cells_show_a_photo_at_a_smaller_size(folder, cache):
    made = prepare_patches(data_of(folder, cells=3), cache)
    assert made.gallery.shape[1] == 3 * made.train.shape[1]
