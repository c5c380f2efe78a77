"""A step of training: people for each second of the processor, and how near its arithmetic is to a matrix product's."""

import time
from functools import partial

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.crowd import hearts
from benchmarks.timing import Claim, Effort, cpu_seconds, in_turns, rate
from latentspace.train import loop
from latentspace.train.baselines import begun, configured
from latentspace.train.data import load
from latentspace.train.presets import TrainOptions
from latentspace.vae.model import CrossModalVAE

SIDE = 1024  # of the matrices
PEERS = ("a matrix product of 1,024 x 1,024, float32",)


def measure(effort: Effort) -> list[Claim]:
    """Forward and backward of one batch of the preset `fast`, on the simulated hearts."""
    workspace, options = hearts(effort), TrainOptions()
    config = configured(options, workspace.modelled)
    data = load(workspace, options.split_seed, config)
    model = begun(data, options, config)
    assert isinstance(model, CrossModalVAE)
    batch = data.train.rows(slice(config.batch))
    with FlopCounterMode(display=False) as counted:
        model.loss(batch, config.objective, warm_up=1.0, generator=torch.Generator().manual_seed(0)).total.backward()
    step = partial(loop.seconds_per_step, model, batch, config, time.process_time)
    a = torch.rand(SIDE, SIDE)
    taken = in_turns(
        {"ours": step, PEERS[0]: partial(cpu_seconds, partial(torch.mm, a, a))}, rounds=effort.rounds(20), warm_up=2
    )
    n, giga = len(batch.person), (counted.get_total_flops() / 1e9, 2 * SIDE**3 / 1e9)
    people = rate(f"train `fast`, a step of {n} people", None, "people / CPU s", taken[:, :1], (), (n,))
    return [people, rate("arithmetic of that step", None, "GFLOP / CPU s", np.asarray(taken), PEERS, giga)]
