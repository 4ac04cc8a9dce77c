import ast

import pytest

from tuner.external.proposal.pictures import name_pattern, saves_pictures


@pytest.mark.parametrize(
    ("text", "saves"),
    [
        ("cv2.imwrite(path, picture)", True),
        ("torchvision.utils.save_image(x, path)", True),
        ("Image.fromarray(x).save(path)", True),
        ("thing.save(f'{name}.png')", True),
        ("torch.save(model.state_dict(), path)", False),
        ("np.save(path, formula)", False),
        ("save(x)", False),
    ],
)
def test_calls_that_write_pictures_are_known(text, saves):
    assert saves_pictures(ast.parse(text)) == saves


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("f'{out}/{name}_fake_B.png'", "*_fake_B.png"),
        ("f'{name}_{current}.png'", "*_{steps}.png"),
        ("f'{name}.jpg'", "*.jpg"),
        ("root / img_name / f'{current_iter}_result.png'", "*/{steps}_result.png"),
        ("f'{root}/{name}/40_result.png'", "*/40_result.png"),
        ("f'{root}/all/{step}.png'", ""),
        ("f'{a}_{b}.png'", ""),
        ("'grid.png'", ""),
        ("f'{name}.txt'", ""),
    ],
)
def test_the_name_of_a_picture_is_read_off_an_f_string(text, pattern):
    assert name_pattern(ast.parse(text)) == pattern
