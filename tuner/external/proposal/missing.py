"""What a proposal for a script could not find, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tuner.external.proposal.call import Call
from tuner.external.proposal.outcome import Outcome
from tuner.external.proposal.settings import Setting
from tuner.external.proposal.trainer_section import STEPS, Placed, fixed_seed


def what_is_missing(
    call: Call,
    settings: Sequence[Setting],
    placed: Mapping[str, Placed],
    outcome: Outcome,
    *,
    has_weights: bool,
) -> Iterator[str]:
    """What was not found, and what was left out.

    Args:
        has_weights: Whether weights are settings, and not asked for by the script.
    """
    purposes = {one.setting.purpose for one in placed.values()}
    if "seed" not in purposes:
        yield _no_seed(call)
    if not purposes & {"steps", "epochs"}:
        yield (
            f"Not found: how long it trains; trainer.steps is a guess ({STEPS}), and TUNER_STEPS "
            "in its environment has it"
        )
    if outcome.pictures and "out" not in purposes:
        yield "Not found: the folder that it writes to; trainer.predictions is a guess"
    if outcome.pictures and "train" not in purposes:
        yield (
            "Not found: the folder of photos that it trains on; hand it {train}, or it trains on "
            "the photos that it is judged by"
        )
    if outcome.pictures and not outcome.predict and not purposes & {"gray", "holdout"}:
        yield "Not found: the folder of photos that it colors; hand it {gray}"
    if outcome.doubt:
        yield f"Doubtful: the number that decides: {outcome.doubt}"
    yield from _left_out(call, settings, placed, has_weights=has_weights)


def _no_seed(call: Call) -> str:
    line = fixed_seed(call.script.module)
    if line is not None:
        return (
            f"Not found: a seed that can be set; line {line} of {call.script.name} has a fixed "
            "one: make it a constant, SEED = ..., and name that in trainer.set"
        )
    return "Not found: a seed; tuner.seeded sets the generators of Python, numpy and torch"


def _left_out(
    call: Call,
    settings: Sequence[Setting],
    placed: Mapping[str, Placed],
    *,
    has_weights: bool,
) -> Iterator[str]:
    for one in settings:
        if one.purpose == "weight" and has_weights and one.address not in placed:
            why = "is 0, so its term is off" if one.value == 0 else "is not among the weights"
            yield f"Left out: {one.address} {why}"
        elif one.required and one.address not in {*placed, *call.given}:
            yield f"Unknown: the command needs {one.address}; add it to trainer.run"
