"""What is said about a study file that was just written."""

from __future__ import annotations

from tuner.cli.new_study import NewStudy
from tuner.display.pages import say, say_wrapped
from tuner.report.story import tell_weights
from tuner.spec.json_schema import FILE_NAME


def print_new_study(new: NewStudy) -> None:
    """Prints where it is, what it asks for, and the next command."""
    stages = len(new.spec.stages)
    one_each = f"{stages} stages, one weight each" if stages > 1 else "1 stage"
    say(f"Written to {new.path}")
    say_wrapped(f"Made of the shipped study '{new.like}': {one_each}; {new.spec.symptom}.")
    say_wrapped(f"Start weights: {tell_weights(new.spec.weights)}")
    if new.hides:
        say_wrapped(
            f"In this folder --study {new.spec.study} now means your file, not the shipped study."
        )
    if new.has_schema:
        say_wrapped(f"Editors complete its keys by {new.path.with_name(FILE_NAME)}.")
    say(f"Next: tuner check --study {new.spec.study}")
