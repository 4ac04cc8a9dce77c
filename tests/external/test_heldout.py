import numpy as np
import pytest
from PIL import Image
from small_photos import colorful, data_of, fill, fill_wide
from small_training import trial

from tuner.data.photo_cache import prepare_patches
from tuner.errors import PhotosError, StorageError
from tuner.external.heldout import prepare_heldout


def pixels(path):
    return np.asarray(Image.open(path))


def test_a_share_is_written_in_color_in_gray_and_what_is_left(folder, cache, tmp_path):
    data = data_of(folder)
    heldout = prepare_heldout(data, tmp_path / "study", cache)
    patches = prepare_patches(data, cache)
    assert set(heldout.folders) == {"holdout", "gray", "train"}
    assert {(path.parent, path.name) for path in heldout.folders.values()} == {
        (tmp_path / "study", name) for name in heldout.folders
    }
    assert heldout.digest == patches.digest
    for name, square in zip(heldout.names, heldout.squares, strict=True):
        assert (pixels(heldout.folders["holdout"] / f"{name}.png") == square).all()
        assert pixels(heldout.folders["gray"] / f"{name}.png").shape == (32, 32)
    assert len(list(heldout.folders["train"].iterdir())) == len(patches.train)
    assert not any(" " in name or "," in name for name in heldout.names)


def test_they_are_written_once(folder, cache, tmp_path):
    data, home = data_of(folder), tmp_path / "study"
    first = prepare_heldout(data, home, cache)
    marked = first.folders["gray"] / "mark"
    marked.touch()
    prepare_heldout(data, home, cache)
    assert marked.exists()
    (home / "digest.txt").write_text("of other photos")
    prepare_heldout(data, home, cache)
    assert not marked.exists()


def test_a_folder_of_ones_own_keeps_its_names(tmp_path):
    fill(tmp_path / "val", range(5), 60, 44)
    (tmp_path / "val" / "ünter wegs").mkdir()
    colorful(9, 40, 90).save(tmp_path / "val" / "ünter wegs" / "mein bild.jpg")
    colorful(10).convert("L").save(tmp_path / "val" / "gray one.png")
    heldout = prepare_heldout(
        data_of(tmp_path / "nowhere", holdout=str(tmp_path / "val")), tmp_path / "study", tmp_path
    )
    assert heldout.names == ("p0", "p1", "p2", "p3", "p4", "mein bild")
    assert heldout.originals["mein bild"] == (40, 90)
    assert heldout.others == {"gray one"}
    assert set(heldout.folders) == {"holdout", "gray"}
    assert heldout.squares.shape == (6, 32, 32, 3)
    assert (heldout.folders["gray"] / "mein bild.png").exists()
    assert [one.reason for one in heldout.left_out] == ["gray"]


@pytest.mark.parametrize("own_folder", [False, True])
def test_only_trials_of_the_claim_see_the_vault(own_folder, cache, tmp_path):
    folder = fill(tmp_path / "many", range(90))
    asked = {"holdout": str(folder)} if own_folder else {}
    data = data_of(folder, vault=0.35, **asked)
    heldout = prepare_heldout(data, tmp_path / "study", cache)
    usual, confirming = trial(0), trial(1).model_copy(update={"role": "confirmation"})
    assert heldout.of(usual) is heldout
    claim = heldout.of(confirming)
    held = len(heldout.names)
    vault = claim.names[held:]
    assert heldout.vault_how == f"{len(vault)} photos in the vault"
    assert claim.names[:held] == heldout.names
    assert (claim.squares[:held] == heldout.squares).all()
    assert len(claim.names) == len(claim.squares) == len(claim.photos)
    for view in ("holdout", "gray"):
        seen = {path.stem for path in heldout.folders[view].iterdir()}
        assert not {*vault} & seen
        assert {path.stem for path in claim.folders[view].iterdir()} == {*claim.names}
    assert heldout.summary.endswith(heldout.vault_how)


def test_namesakes_cannot_be_told_apart(tmp_path):
    fill(tmp_path / "val", range(5))
    (tmp_path / "val" / "more").mkdir()
    colorful(9).save(tmp_path / "val" / "more" / "p0.webp", lossless=True)
    with pytest.raises(PhotosError, match="several photos are called 'p0', but predictions are"):
        prepare_heldout(data_of(tmp_path, holdout=str(tmp_path / "val")), tmp_path / "s", tmp_path)


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    fill_wide(tmp_path / "val", range(5))
    (tmp_path / "study").touch()
    with pytest.raises(StorageError, match="the held-out photos cannot be written"):
        prepare_heldout(
            data_of(tmp_path, holdout=str(tmp_path / "val")), tmp_path / "study", tmp_path
        )
