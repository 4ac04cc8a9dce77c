import struct

import numpy as np
import pytest
from PIL import Image, ImageCms
from small_photos import colorful, png

from tuner.data import decoding
from tuner.data.decoding import decode


def test_an_exif_orientation_turns_the_photo_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    colorful(0).save(tmp_path / "turned.jpg", exif=exif)
    upright = decode(tmp_path / "turned.jpg")
    assert upright.size == (44, 60)
    expected = colorful(0).transpose(Image.Transpose.ROTATE_270)
    assert np.abs(np.asarray(upright, int) - np.asarray(expected, int)).mean() < 5


def test_broken_exif_data_do_not_spoil_a_photo(tmp_path):
    colorful(0).save(tmp_path / "a.jpg", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff nonsense")
    assert decode(tmp_path / "a.jpg").size == (60, 44)


def test_exif_data_that_cannot_be_applied_leave_the_photo_as_it_lies(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise struct.error("unpack requires a buffer of 4 bytes")

    monkeypatch.setattr(decoding.ImageOps, "exif_transpose", fail)
    colorful(0).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png").tobytes() == colorful(0).tobytes()


def test_transparent_parts_become_white(tmp_path):
    half = Image.new("RGBA", (2, 1), (200, 0, 0, 255))
    half.putpixel((1, 0), (200, 0, 0, 0))
    half.save(tmp_path / "a.png")
    picture = decode(tmp_path / "a.png")
    assert [picture.getpixel((0, 0)), picture.getpixel((1, 0))] == [(200, 0, 0), (255, 255, 255)]


def test_a_palette_is_resolved_and_its_transparent_entry_is_white(tmp_path):
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 200, 30, 0, 0, 0])
    picture.putpixel((1, 0), 1)
    picture.save(tmp_path / "a.png", transparency=1)
    read = decode(tmp_path / "a.png")
    assert [read.getpixel((0, 0)), read.getpixel((1, 0))] == [(10, 200, 30), (255, 255, 255)]


def test_gray_with_16_bits_keeps_its_range(tmp_path):
    Image.fromarray(np.array([[0, 32768, 65535]], np.uint16)).save(tmp_path / "a.png")
    read = np.asarray(decode(tmp_path / "a.png"))
    assert read[0, :, 0].tolist() == [0, 127, 255]


def test_color_with_16_bits_is_reduced_to_8(tmp_path):
    rows = b"\0" + struct.pack(">6H", 65535, 0, 32768, 0, 65535, 256)
    (tmp_path / "a.png").write_bytes(png(2, 1, bits=16, color=2, rows=rows))
    assert np.asarray(decode(tmp_path / "a.png")).tolist() == [[[255, 0, 128], [0, 255, 1]]]


def test_a_cmyk_photo_is_read(tmp_path):
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "a.jpg")
    red, green, blue = decode(tmp_path / "a.jpg").getpixel((8, 8))
    assert red > 200
    assert max(green, blue) < 60


def swapped_primaries() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")


def test_an_embedded_profile_is_applied(tmp_path):
    picture = Image.new("RGB", (4, 4), (255, 0, 0))
    picture.save(tmp_path / "a.png", icc_profile=swapped_primaries())
    red, _, blue = decode(tmp_path / "a.png").getpixel((0, 0))
    assert (red, blue) == (pytest.approx(0, abs=3), pytest.approx(255, abs=3))


@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
def test_a_profile_that_does_not_fit_is_ignored(tmp_path, mode):
    profile = b"nonsense" if mode == "RGB" else swapped_primaries()
    colorful(0).convert(mode).save(tmp_path / "a.tif", icc_profile=profile)
    plain = colorful(0).convert(mode).convert("RGB")
    assert decode(tmp_path / "a.tif").tobytes() == plain.tobytes()


def test_an_animation_gives_its_first_frame(tmp_path):
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], lossless=True)
    assert decode(tmp_path / "a.webp").getpixel((0, 0)) == (255, 0, 0)


def test_a_large_jpeg_may_be_decoded_smaller(tmp_path):
    colorful(0, 800, 600).save(tmp_path / "a.jpg")
    assert decode(tmp_path / "a.jpg", short_side=150).size == (200, 150)
    assert decode(tmp_path / "a.jpg").size == (800, 600)
