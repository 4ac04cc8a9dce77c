"""Prepares what all trials of a study share: photos, networks, loss and device."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from tuner.color.loss_terms import LossTerms
from tuner.color.loss_weights import LOSS_WEIGHTS
from tuner.color.score import Scorer
from tuner.color.smooth_score import SmoothScore
from tuner.data.batches import Batches, BatchesAhead, as_batch
from tuner.data.cutting import photos_of
from tuner.data.photo_cache import Patches, prepare_patches
from tuner.errors import TrainerError
from tuner.journal.workspace import CHECKPOINTS
from tuner.results.events import Listener
from tuner.results.progress import Notify, announced, ignore_progress, photo_progress
from tuner.spec.study import StudySpec
from tuner.spec.trainer import TrainerSpec
from tuner.training.checkpoints import Checkpoints
from tuner.training.claim_scorer import ClaimScorer, Vault
from tuner.training.context import Keep, Show, TrainingContext
from tuner.training.custom.loss import UnusedLossTerms
from tuner.training.device import choose_device, cores, on_one_core
from tuner.training.engine_choice import FACT, choose_engine
from tuner.training.facts import SCORE, SCORING, TRAINING
from tuner.training.frozen import check_parts
from tuner.training.frozen_trunk import HEAD, FrozenTrunk
from tuner.training.heldout_photos import HeldoutPhotos
from tuner.training.model import UNet
from tuner.training.recipe import Recipe, make_recipe
from tuner.training.remote_store import RemoteStore
from tuner.training.scoring import (
    describe,
    load_networks,
    refuse_unmeasured_guardrails,
    with_score_version,
)
from tuner.training.start_file import SAMPLE_NETWORK, digest_of, read_start
from tuner.training.warm_starts import WarmStarts
from tuner.wording import listed, nearest


@dataclass(frozen=True)
class PreparedTraining:
    """The context that trials are trained in, and what to record about it.

    Attributes:
        facts: What has to stay the same for all trials of a study, as text by name.
        notices: Sentences on what is wrong or needs a decision.
    """

    context: TrainingContext
    patches: Patches
    facts: Mapping[str, str]
    notices: tuple[str, ...]


def check_weights(spec: StudySpec) -> None:
    """Refuses weights that the built-in loss does not know; the user's own loss checks its own.

    Raises:
        TrainerError: Names both sets.
    """
    unknown = [name for name in spec.weights if name not in LOSS_WEIGHTS]
    if unknown and spec.trainer.loss is None:
        near = nearest(unknown[0], LOSS_WEIGHTS)
        hint = f" (did you mean '{near}'?)" if near else ""
        raise TrainerError(
            f"weights: the built-in loss does not know {listed(unknown)}{hint}; "
            f"the study has {listed(spec.weights)}, the loss has {listed(LOSS_WEIGHTS)}"
        )


def prepare(
    spec: StudySpec,
    folder: Path,
    cache: Path,
    facts: Mapping[str, str],
    listen: Listener,
    show: Show,
    notify: Notify = ignore_progress,
    keep: Keep = lambda _trial, _reading: None,
    share: RemoteStore | None = None,
) -> PreparedTraining:
    """Reads the photos and builds the networks.

    Args:
        folder: The study's folder; networks to start from are kept in it.
        cache: Folder for decoded photos.
        facts: What an earlier run of the study was trained with; a random LPIPS trunk stays
            random, so that the study can go on, and networks learn by the same engine on a GPU.
        notify: Called with what is done at the moment, from several threads.
        share: Where other machines see checkpoints, too.

    Raises:
        PhotosError: The photos cannot be used.
        TrainerError: A network, a device or a weight that cannot be used.
        StorageError: The cache cannot be written.
    """
    check_weights(spec)
    device = choose_device(spec.trainer.device)
    recipe = make_recipe(spec.trainer, spec.weights, device, spec.data.image_size)
    given, start = _given_start(spec.trainer, recipe)
    recipe = replace(recipe, trunk=_shared_trunk(spec.trainer, recipe, given, device))
    with announced(notify, "loading networks"):
        nets, notice = load_networks(spec, facts, device, training=spec.trainer.loss is None)
    patches = prepare_patches(spec.data, cache, photo_progress(notify))
    heldout = HeldoutPhotos.of(patches, device)
    drawing = Batches if device.type == "cpu" else BatchesAhead
    batches = drawing(
        patches.train, spec.data.image_size, spec.trainer.batch_size, device, spec.data.surroundings
    )
    terms = LossTerms(nets[TRAINING]) if TRAINING in nets else UnusedLossTerms()
    checkpoints = Checkpoints(folder / CHECKPOINTS, share=share, listen=listen)
    threads = cores() if device.type == "cpu" else 1
    with on_one_core():
        objective = with_score_version(spec.objective, facts)
        scorer_of = partial(
            Scorer, objective=objective, guardrails=spec.guardrails, perceptual=nets[SCORING]
        )
        scorer = scorer_of(heldout.rgb)
        refuse_unmeasured_guardrails(spec.guardrails, scorer.measured)
        claim_scorer = _claim_scorer(scorer, scorer_of, patches, device)
    recipe = replace(recipe, objective=SmoothScore(scorer))
    context = TrainingContext(
        trainer=spec.trainer,
        batches=batches,
        heldout=heldout,
        terms=terms,
        warm_starts=WarmStarts(
            spec.trainer,
            spec.weights,
            folder / "starts",
            checkpoints,
            batches,
            terms,
            device,
            threads,
            recipe,
            given,
            notify,
        ),
        checkpoints=checkpoints,
        scorer=scorer,
        claim_scorer=claim_scorer,
        device=device,
        threads=threads,
        listen=listen,
        show=show,
        keep=keep,
        recipe=recipe,
        notify=notify,
    )
    with announced(notify, "timing steps"):
        engine, choice = choose_engine(context, spec.weights, facts)
    recorded = {
        "trainer": "builtin",
        "photos": patches.digest,
        **{what: describe(net) for what, net in nets.items()},
        SCORE: f"version {objective.version}",
        **recipe.facts,
        "start network": start,
        "device": str(device),
        FACT: choice,
        "photo summary": patches.summary,
    }
    notices = tuple(filter(None, (recipe.notice, notice)))
    return PreparedTraining(context.by(engine), patches, recorded, notices)


def _claim_scorer(
    scorer: Scorer, scorer_of: Callable[[Tensor], Scorer], patches: Patches, device: torch.device
) -> ClaimScorer:
    """Scores single photos: the held-out ones, and those of the vault where there is one."""
    vault = None
    if patches.vault_names:
        batch = as_batch(patches.vault, device, patches.surroundings)
        vault = Vault(batch, scorer_of(batch.rgb), photos_of(patches.vault_names))
    return ClaimScorer(scorer, photos_of(patches.holdout_names), vault)


def _given_start(trainer: TrainerSpec, recipe: Recipe) -> tuple[dict[str, Tensor] | None, str]:
    """A network to start from, where the study names one, and the fact to record about it."""
    if trainer.train_only:
        check_parts(recipe.network.build(0), trainer.train_only)
    file = SAMPLE_NETWORK if trainer.start_from == "sample" else trainer.start_file
    if file is None:
        return None, trainer.start_from
    state = read_start(file, recipe.network.build(0))
    return state, f"{file.name} {digest_of(file)}"


def _shared_trunk(
    trainer: TrainerSpec, recipe: Recipe, given: dict[str, Tensor] | None, device: torch.device
) -> FrozenTrunk | None:
    """The layers that are the same in all trials, where only the head of one file's network learns.

    On a GPU memory is the scarcer thing, and at 16 bits features would depend on who computes them.
    """
    splits = trainer.train_only == (HEAD,) and trainer.precision == "float32"
    if given is None or not splits or device.type != "cpu":
        return None
    model = recipe.placed(recipe.network.build(0), device)
    return FrozenTrunk(model, given) if isinstance(model, UNet) else None
