"""How the components of the loss are weighted at a step: by the trial's weights, or without any.

Two ways that need no search, to compare with:

    rlw     random loss weighting: softmax of normal numbers, drawn anew for each step (Lin, Ye,
            Zhang and Tsang, *Reasonable Effectiveness of Random Weighting*, 2022)
    uw-so   softmax uncertainty weighting: softmax of 1 / loss / temperature (Kirchdorfer, Elich,
            Kutsche, Stuckenschmidt, Schott and Koehler, *Analytical Uncertainty-Based Loss
            Weighting in Multi-Task Learning*, 2024)

Both weigh all components, so that their weights have the sum of as many ones.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from tuner.color.loss_weights import COMPONENT_WEIGHTS, weighted_total, weighted_totals
from tuner.results import UNSEARCHED, Trial

TEMPERATURE = 20.0
"""Of uw-so. Its authors tune it; here it is fixed, because a rival gets no search of its own. The
components are about 0.02 to 0.3, so 1 / loss spans about this much."""


def total_of(components: Mapping[str, Tensor], trial: Trial, step: int) -> Tensor:
    """The total loss of a step, 0-d.

    Args:
        components: Unweighted, as `LossTerms.compare` returns them.
        step: Counted from 0.
    """
    if trial.rival not in UNSEARCHED:
        return weighted_total(components, trial.weights)
    values = torch.stack([components[name] for name in COMPONENT_WEIGHTS])
    if trial.rival == "rlw":
        logits = torch.randn(len(values), generator=_step_generator(trial.seed, step)).to(
            values.device
        )
    else:
        logits = 1.0 / (TEMPERATURE * values.detach().clamp_min(1e-6))
    return weighted_totals(values, torch.softmax(logits, dim=0) * len(values))


def _step_generator(seed: int, step: int) -> torch.Generator:
    """A generator that depends on seed and step alone, not on earlier trainings."""
    return torch.Generator().manual_seed(seed * 1_000_003 + step)
