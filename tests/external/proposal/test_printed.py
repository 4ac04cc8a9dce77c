import ast
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.external.proposal.printed import groups_of, pattern_of_output, reported_names

PRINTED = [
    ('f"step {step}: loss {loss:.4f}"', {"step", "loss"}),
    ('f"[{step:6d}/{total}] psnr={psnr:.2f} lr={rate:.1e}"', {"step", "psnr", "lr"}),
    ('f"Epoch {epoch} | l1: {a:.3e} | gan: {b}"', {"epoch", "l1", "gan"}),
    ('f"iter: {i:8,} error {e}"', {"step", "error"}),
    ('f"{epoch}: {loss}"', {"epoch", "loss"}),
]
VALUES = {"step": 7, "total": 90, "loss": 0.5, "psnr": 21.25, "rate": 1e-4, "epoch": 3, "a": 0.25,
          "b": 4.5, "i": 1200, "e": 0.125}  # fmt: skip


@pytest.mark.parametrize(("text", "groups"), PRINTED)
def test_a_line_that_is_printed_is_found_again(text, groups):
    pattern = pattern_of_output(ast.parse(f"print({text})"))
    assert set(re.compile(pattern).groupindex) == groups
    assert set(groups_of(pattern)) == groups - {"step", "epoch"}
    assert re.search(pattern, "12:00 " + eval(text, dict(VALUES))) is not None


@settings(deadline=None)
@given(step=st.integers(0, 10**7), loss=st.floats(allow_nan=False, allow_infinity=False))
def test_the_numbers_are_those_that_were_printed(step, loss):
    pattern = pattern_of_output(ast.parse('log.info(f"step {step:>9} loss: {loss:12.4e} (ok)")'))
    found = re.search(pattern, f"step {step:>9} loss: {loss:12.4e} (ok)")
    assert int(found["step"]) == step
    assert float(found["loss"]) == float(f"{loss:.4e}")


def test_where_epochs_are_counted_what_looks_like_a_step_is_none():
    module = ast.parse('print(f"(epoch: {epoch}, iters: {len(inputs):,}) G_L1: {loss:.3f}")')
    pattern = pattern_of_output(module, in_epochs=True)
    assert re.search(pattern, "(epoch: 3, iters: 2,000) G_L1: 0.125").groupdict() == {
        "epoch": "3", "G_L1": "0.125"
    }  # fmt: skip


@pytest.mark.parametrize("text", ["print('step', step)", "print(f'{a} {b}')", "f(f'step {step}')"])
def test_without_a_step_and_a_number_there_is_no_pattern(text):
    assert pattern_of_output(ast.parse(text)) == ""


def test_reported_numbers_have_their_names():
    module = ast.parse('tuner.report(step, {"error": e, name: 1})\nreport(1, numbers)')
    assert reported_names(module) == ["error"]
