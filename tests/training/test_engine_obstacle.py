from dataclasses import replace

import torch

from tuner.training.engine_obstacle import obstacle


def test_no_graph_is_recorded_but_on_cuda(context):
    half = context.trainer.model_copy(update={"precision": "bfloat16"})
    for name, reason in (("cpu", "their device is not CUDA"), ("cuda", "")):
        there = replace(context, trainer=half, device=torch.device(name))
        assert obstacle("graphed", there) == reason
