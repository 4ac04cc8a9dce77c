"""Fuzzing that is guided by coverage: inputs that reach new lines are changed further.

    make fuzz-coverage [RUNS=20000]

One parser at a time, as a process of its own, since libFuzzer ends its process. It needs `atheris`,
which `make` installs into an environment of its own. Allowed is a result or one sentence.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tuner"]):
    from tuner.data.survey import _judge
    from tuner.external.curves import CsvLines, CurveReader, JsonLines
    from tuner.journal.history_builder import read_history
    from tuner.spec.comparison import compare_weights
    from tuner.spec.study_file import load_study

from made_up import PICTURES, sentence_or_result
from sample_study import whole_study

from tuner.journal.event_json import as_line

STUDY = b"study: a\nweights: {l1: 1.0}\ntrainer: {kind: command, run: [python, a.py]}\n"
EXPORTED = b"study: a\nweights: {perceptual_weight: 1.0}\nprovenance: {seeds: [1, 2]}\n"
JOURNAL = b'{"journal": 1}\n' + as_line(next(iter(whole_study())), 1.7e9).encode() + b"\n"


def study_file(file):
    load_study(str(file))


def override(file):
    key, _, value = file.read_bytes().decode(errors="replace").partition("=")
    load_study("sepia-fix", {key: value})


def exported(file):
    compare_weights("start", str(file), load_study, study="sepia-fix")


def journal(file):
    read_history(file.rename(file.with_name("journal.jsonl")).parent)


def numbers(file):
    content = file.read_bytes()
    curve = CurveReader(0, 100, lambda _point: None, steps_per_epoch=7)
    for source in (JsonLines, CsvLines):
        file.write_bytes(b"")
        lines = source(file)
        file.write_bytes(content)
        for row in lines.new(ended=True):
            curve.take(row)


def picture(file):
    _judge(file.name, file, 40)


KINDS = {
    "study_file": (study_file, "a.yaml", [STUDY]),
    "override": (override, "a", [b"trainer.steps=10", b"stages[0].values=[1, 2]"]),
    "exported": (exported, "best.yaml", [EXPORTED]),
    "journal": (journal, "a", [JOURNAL]),
    "numbers": (numbers, "m.log", [b'{"step": 1, "loss": 0.5}\n', b"step,loss\n1,0.5\n"]),
    "picture": (picture, "a.png", PICTURES),
}


def main():
    if len(sys.argv) == 2:
        for kind in KINDS:
            sys.stdout.write(f"{kind}: {sys.argv[1]} runs\n")
            sys.stdout.flush()
            subprocess.run([sys.executable, __file__, kind, sys.argv[1]], check=True)
        return
    parse, name, seeds = KINDS[sys.argv[1]]
    with tempfile.TemporaryDirectory() as place:
        corpus, work = Path(place) / "corpus", Path(place) / "work"
        corpus.mkdir()
        work.mkdir()
        for number, seed in enumerate(seeds):
            (corpus / str(number)).write_bytes(seed)

        def one(content):
            file = work / name
            file.write_bytes(content)
            with sentence_or_result():
                parse(file)

        limits = [f"-runs={sys.argv[2]}", "-timeout=10", "-rss_limit_mb=1000", "-max_len=4096"]
        atheris.Setup(
            [sys.argv[0], *limits, "-verbosity=0", "-print_final_stats=1", str(corpus)], one
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
