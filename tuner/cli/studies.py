"""`tuner studies`: lists the studies that can be run, and the presets of weights."""

from __future__ import annotations

from tuner.cli.options import AsJson, print_json


def studies(as_json: AsJson = False) -> None:
    """List the studies, and the presets of weights."""
    from tuner.display.pages import print_studies
    from tuner.guide.presets import WEIGHT_PRESETS
    from tuner.spec.study_file import list_studies

    found = list_studies()
    if as_json:
        headings = [
            {"study": h.name, "symptom": h.symptom, "path": str(h.path), "shipped": h.shipped}
            for h in found
        ]
        presets = {name: dict(weights) for name, weights in WEIGHT_PRESETS.items()}
        print_json({"studies": headings, "presets": presets})
    else:
        print_studies(found, WEIGHT_PRESETS)
