"""People embedded in a second of the processor, recordings read from disk; beside the encoders alone."""

from functools import partial

import numpy as np

from benchmarks.crowd import hearts
from benchmarks.timing import Claim, Effort, cpu_seconds, in_turns, rate
from latentspace.arrays import read_rows
from latentspace.codec import OnnxCodec

PEOPLE = 64
PEERS = ("floor: the encoders on recordings in memory",)


def measure(effort: Effort) -> list[Claim]:
    """One batch of the simulated hearts, as `latentspace embed` takes them."""
    workspace = hearts(effort)
    codec = OnnxCodec(workspace.run(), workspace.modelled)

    def read() -> dict[str, np.ndarray]:
        arrays = {m.name: workspace.recordings(m.name) for m in workspace.modelled}
        return {name: read_rows(array, slice(0, PEOPLE)).astype(np.float32) for name, array in arrays.items()}

    there = read()
    work = {"ours": lambda: codec.encode(read()), PEERS[0]: partial(codec.encode, there)}
    taken = in_turns({who: partial(cpu_seconds, do) for who, do in work.items()}, rounds=effort.rounds(15), warm_up=1)
    return [rate("embed ECG and cine", None, "people / CPU s", taken, PEERS, (PEOPLE, PEOPLE))]
