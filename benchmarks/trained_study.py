"""The file of a study that is trained for real within seconds, for benchmarks that run it often."""

from __future__ import annotations

STUDY = """\
study: {name}
weights: {{perceptual_weight: 1.0, l_weight: 1.0, ab_weight: 2.0, saturation_weight: 0.1}}
trainer:
  {{steps: {steps}, start_from: baseline, start_steps: {steps}, batch_size: 4, learning_rate: 1e-3,
   model_args: {{base_width: 4}}, perceptual_trunk: random, device: cpu}}
data: {{image_size: 32, photos: "{photos}"}}
objective: {{lpips: {{trunk: random}}}}
guardrails: {{learned_color: 0}}
combination: 1
repeats: {{baseline: 2, decide: 2, confirm: 2}}
stages:
  - {{vary: ab_weight, values: [8.0], extend: false}}
  - {{vary: l_weight, values: [0.3], extend: false}}
"""


def trained_study(name: str, steps: int, photos: str = "sample") -> str:
    """The text of the file; photos are the ones of the package, or in a folder."""
    return STUDY.format(name=name, steps=steps, photos=photos)
