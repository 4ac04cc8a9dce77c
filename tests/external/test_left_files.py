import pytest

from tuner.external.left_files import describe_left_files

NAMES = ("beach", "cat")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "; {out} holds nothing"),
        (["tuner-reports.jsonl"], "; {out} holds nothing"),
        (["log.txt", "a/b.pth"], "; {out} holds log.txt, a/b.pth, but no picture"),
        (["0.png", "p/1.png", "p/2.png", "p/3.png"],
         "; {out} holds 0.png, p/1.png, p/2.png and 1 more"),
        (["p/beach.jpg", "p/cat.jpg"],
         "; {out} holds p/beach.jpg, p/cat.jpg; did you mean '{out}/p/*.jpg'?"),
        (["v/beach/9.png", "v/cat/9.png"],
         "; {out} holds v/beach/9.png, v/cat/9.png; did you mean '{out}/v/*/9.png'?"),
        (["beach_10.png", "beach_20.png", "cat_20.png"],
         "; {out} holds beach_10.png, beach_20.png, cat_20.png; did you mean '{out}/*_{steps}.png'?"
        ),
        (["p/fake-beach.png", "p/fake-cat2.png"],
         "; {out} holds p/fake-beach.png, p/fake-cat2.png; did you mean '{out}/p/fake-*.png'?"),
        (["concat.png"], "; {out} holds concat.png"),
    ],
)  # fmt: skip
def test_what_lies_there_is_shown_with_a_pattern_that_fits(tmp_path, files, said):
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert describe_left_files(tmp_path, NAMES, 20) == said
