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
    ],
)  # fmt: skip
def test_what_lies_there_is_shown_with_a_pattern_that_fits(tmp_path, files, said):
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert describe_left_files(tmp_path, NAMES) == said
