"""A study that is trained for real within seconds, and the tuner as a process of its own."""

import os
import subprocess
import sys
import time

STUDY = """\
study: tiny
symptom: sepia
weights: {perceptual_weight: 1.0, l_weight: 1.0, ab_weight: 2.0, saturation_weight: 0.1}
stages:
  - {vary: ab_weight, values: [8.0], because: Emphasize chrominance, extend: false}
  - {vary: l_weight, values: [0.3], because: Fine-tune luminance, extend: false}
"""
TINY = (
    "--study", "tiny.yaml", "--quick", "--steps", "4",
    *(
        word
        for setting in (
            "data.image_size=32",
            "trainer.start_from=baseline",
            "trainer.start_steps=4",
            "trainer.batch_size=4",
            "trainer.learning_rate=1e-3",
            "trainer.model_args.base_width=4",
            "trainer.perceptual_trunk=random",
            "objective.lpips.trunk=random",
            "guardrails.learned_color=0",
            "combination=1",
            "repeats.baseline=2",
            "repeats.decide=2",
            "repeats.confirm=2",
        )
        for word in ("--set", setting)
    ),
)  # fmt: skip
"""Options of `tuner run` and `tuner plan`."""

MEANT_FOR_USERS = (
    "MLFLOW_TRACKING_URI",
    "TUNER_DIRECTORY",
    "TUNER_PHOTOS",
    "FORCE_COLOR",
    "TUNER_STORAGE",
)
PATIENCE = 120.0


def command(*words):
    return [sys.executable, "-m", "tuner", *map(str, words)]


def surroundings(**more):
    inherited = {name: value for name, value in os.environ.items() if name not in MEANT_FOR_USERS}
    return {**inherited, "OMP_NUM_THREADS": "1", **more}


def tuner(home, *words, **environment):
    """Runs a command to its end, and returns exit code, output and complaints."""
    return subprocess.run(
        command(*words), cwd=home, env=surroundings(**environment),
        capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def started(home, *words, **environment):
    """A command that goes on; to be used with `with`."""
    return subprocess.Popen(
        command(*words), cwd=home, env=surroundings(**environment),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_until(true, what, seconds=PATIENCE):
    """Polls until something is true; its value."""
    deadline = time.monotonic() + seconds
    while not (value := true()):
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)
    return value


def told(home, event):
    """How often the journal of the tiny study tells an event."""
    journal = home / "tuner-runs" / "tiny" / "journal.jsonl"
    return journal.read_text().count(f'"event": "{event}"') if journal.exists() else 0
