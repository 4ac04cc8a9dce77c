import os
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from skimage.color import rgb2lab

from tuner.errors import PhotosError
from tuner.training import photos
from tuner.training.photos import LeftOut, decode, find_pictures, mean_chroma, survey
from tuner.training.samples import sample_pictures


def colorful(seed: int, width: int = 60, height: int = 44) -> Image.Image:
    rough = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), np.uint8)
    return Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC)


def fill(folder: Path, number: int = 4) -> Path:
    for seed in range(number):
        colorful(seed).save(folder / f"good{seed}.png")
    return folder


def png(width: int, height: int, *, bits: int, color: int, rows: bytes) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def left_out(folder: Path) -> LeftOut:
    [one] = survey(str(fill(folder))).left_out
    return one


# what is found


def test_pictures_are_found_in_subfolders_whatever_the_case_of_their_suffix(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in ("b.JPG", "a.webp", "deep/c.Png", "deep/er/d.tiff", "e.bmp", "notes.txt"):
        (tmp_path / name).touch()
    names = list(find_pictures(str(tmp_path)))
    assert names == ["a.webp", "b.JPG", "deep/c.Png", "deep/er/d.tiff", "e.bmp"]


def test_hidden_files_and_folders_are_skipped(tmp_path):
    (tmp_path / ".trash").mkdir()
    for name in ("a.png", ".b.png", "._a.png", ".trash/c.png"):
        (tmp_path / name).touch()
    assert list(find_pictures(str(tmp_path))) == ["a.png"]


def test_links_that_lead_in_circles_are_followed_once(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.png").touch()
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "sub")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert len(find_pictures(str(tmp_path))) == 1


def test_a_pipe_named_like_a_picture_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert list(find_pictures(str(fill(tmp_path, 1)))) == ["good0.png"]


def test_sample_stands_for_the_sample_photos():
    assert find_pictures("sample") == sample_pictures()
    found = survey("sample")
    assert len(found.photos) == len(sample_pictures())
    assert found.left_out == ()


def test_progress_is_told_after_every_picture(tmp_path):
    heard = []
    survey(str(fill(tmp_path)), lambda done, total: heard.append((done, total)))
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]


# what is decoded


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

    monkeypatch.setattr(photos.ImageOps, "exif_transpose", fail)
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


# what is judged


def test_equal_pixels_are_used_once_whatever_the_file(tmp_path):
    colorful(0).save(tmp_path / "same.bmp")
    assert left_out(tmp_path) == LeftOut("same.bmp", "duplicate", "equals good0.png")


def test_a_gray_picture_is_left_out_even_if_it_is_stored_in_color(tmp_path):
    colorful(9).convert("L").convert("RGB").save(tmp_path / "old.jpg")
    assert left_out(tmp_path) == LeftOut("old.jpg", "gray", "mean chroma 0.0, 2 is needed")


def test_a_small_picture_is_left_out(tmp_path):
    colorful(9, 90, 39).save(tmp_path / "icon.png")
    assert left_out(tmp_path) == LeftOut(
        "icon.png", "too small", "90x39, the short side needs 40 px"
    )


def test_a_truncated_picture_is_broken(tmp_path):
    whole = BytesIO()
    colorful(9, 400, 300).save(whole, "jpeg")
    (tmp_path / "half.jpg").write_bytes(whole.getvalue()[:2000])
    one = left_out(tmp_path)
    assert (one.reason, "truncated" in one.detail) == ("broken", True)


@pytest.mark.parametrize("content", [b"", b"plain text", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_what_is_no_picture_is_broken(tmp_path, content):
    (tmp_path / "not.jpg").write_bytes(content)
    one = left_out(tmp_path)
    assert (one.reason, "cannot identify" in one.detail) == ("broken", True)


def test_a_link_to_nowhere_is_broken(tmp_path):
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    assert left_out(tmp_path).reason == "broken"


@pytest.mark.parametrize("side", [10_000, 30_000])
def test_a_picture_of_monstrous_size_is_not_decoded(tmp_path, side):
    (tmp_path / "bomb.png").write_bytes(png(side, side, bits=8, color=2, rows=b""))
    one = left_out(tmp_path)
    assert (one.name, one.reason) == ("bomb.png", "too large")


def test_a_file_without_permission_is_unreadable(tmp_path, monkeypatch):
    def locked(path, opened=Image.open, **rest):
        if Path(path).name == "locked.png":
            raise PermissionError(13, "Permission denied")
        return opened(path, **rest)

    (tmp_path / "locked.png").touch()
    monkeypatch.setattr(photos.Image, "open", locked)
    assert left_out(tmp_path) == LeftOut("locked.png", "unreadable", "Permission denied")


def test_red_has_the_chroma_that_the_icc_tables_give_and_gray_has_none():
    assert mean_chroma(Image.new("RGB", (50, 60), (255, 0, 0))) == pytest.approx(106.8, abs=0.7)
    assert mean_chroma(Image.new("RGB", (50, 60), (90, 90, 90))) == 0


@pytest.mark.parametrize("name", ["coffee", "china", "ihc"])
def test_mean_chroma_agrees_with_an_independent_conversion(name):
    picture = decode(sample_pictures()[name])
    lab = rgb2lab(np.asarray(picture))  # for another white, so the numbers differ a little
    expected = np.hypot(lab[..., 1], lab[..., 2]).mean()
    assert mean_chroma(picture) == pytest.approx(expected, rel=0.12)


# what is refused


def test_a_missing_folder_is_refused_with_the_nearest_name(tmp_path):
    (tmp_path / "holiday").mkdir()
    with pytest.raises(PhotosError) as refusal:
        survey(str(tmp_path / "holidya" / "small"))
    assert str(refusal.value) == (
        f"data.photos: there is no folder '{tmp_path}/holidya/small' "
        f"(did you mean '{tmp_path}/holiday'?)"
    )


def test_a_misspelled_sample_is_recognized(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PhotosError, match=r"no folder 'sampel' \(did you mean 'sample'\?\)"):
        survey("sampel")


@pytest.mark.parametrize("place", ["zzzz", "~nobody-of-this-name/zzzz"])
def test_a_missing_folder_with_no_name_near_it_is_refused(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PhotosError, match=r"\(name a folder of color photos, or 'sample'\)"):
        survey(place)


def test_a_file_instead_of_a_folder_is_refused(tmp_path):
    file = fill(tmp_path, 1) / "good0.png"
    with pytest.raises(PhotosError, match="is a file, a folder of photos is needed"):
        survey(str(file))


def test_a_folder_without_pictures_is_refused_and_says_what_counts_as_one(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(PhotosError, match=r"there is no picture in .* \(\.jpg, \.jpeg, \.png, "):
        survey(str(tmp_path))


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path, monkeypatch):
    def locked(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", locked)
    with pytest.raises(PhotosError, match=r"cannot be read \(Permission denied\)"):
        survey(str(tmp_path))


def test_three_photos_are_too_few(tmp_path):
    with pytest.raises(PhotosError) as refusal:
        survey(str(fill(tmp_path, 3)), asked="data.holdout")
    assert str(refusal.value) == (
        f"data.holdout: '{tmp_path}' has 3 usable photos, at least 4 are needed so that no "
        "single scene decides the score"
    )


def test_a_folder_without_color_is_refused(tmp_path):
    for seed in range(5):
        colorful(seed).convert("L").save(tmp_path / f"{seed}.png")
    with pytest.raises(
        PhotosError, match=r"no picture in .* has color \(5 gray; gray means a mean"
    ):
        survey(str(tmp_path))


def test_a_folder_of_which_nothing_is_left_is_refused_with_the_reasons(tmp_path):
    for seed in range(2):
        colorful(seed, 20, 20).save(tmp_path / f"{seed}.png")
    (tmp_path / "broken.jpg").touch()
    with pytest.raises(
        PhotosError, match=r"has no usable photos.*; left out: 2 too small, 1 broken"
    ):
        survey(str(tmp_path))
