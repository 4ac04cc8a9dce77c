import ast

import pytest

from tuner.external.proposal.options import options_of


def read(text):
    return {one.flag: (one.default, one.required, one.flags) for one in options_of(ast.parse(text))}


def test_an_option_has_its_longest_name_its_default_and_whether_it_is_needed():
    found = read(
        'p.add_argument("-l", "--lambda_L1", type=float, default=100.0)\n'
        'p.add_argument("--dataroot", required=True)\n'
        'p.add_argument("data")\n'
        'p.add_argument("more", nargs="*")\n'
    )
    assert found == {
        "--lambda_L1": (100.0, False, ("-l", "--lambda_L1")),
        "--dataroot": (None, True, ("--dataroot",)),
        "data": (None, True, ("data",)),
        "more": (None, False, ("more",)),
    }


def test_a_default_may_be_a_constant_of_the_module():
    assert read("STEPS = 300\np.add_argument('--steps', default=STEPS)")["--steps"][0] == 300


@pytest.mark.parametrize(
    "text",
    [
        "p.add_argument('--amp', action='store_true')",
        "@click.option('--amp', is_flag=True)\ndef f(): pass",
        "p.add_argument(name)",
        "option(3)",
    ],
)
def test_switches_and_computed_names_are_left_out(text):
    assert read(text) == {}


def test_options_of_click_count():
    assert read("@click.option('--seed', default=1)\ndef f(): pass")["--seed"][0] == 1
