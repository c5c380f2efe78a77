"""`latentspace simulate` of the clinic, its own start and warm-up included: 40 subjects a second or more of 2,000."""

import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.timing import Claim, Effort, claim, in_turns, seconds

SUBJECTS, FEW, PER_SECOND = 2000, 200, 40
PEERS = ("floor: pixels of noise alone, 1 process",)
NOISE = (
    "import numpy as np; r = np.random.default_rng(0); "
    "[r.standard_normal((50, 96, 96), dtype=np.float32) for _ in range({n})]"
)


def measure(effort: Effort) -> list[Claim]:
    """A fresh process each time, two workers; of few people, mostly its start, nothing is claimed."""
    n = FEW if effort.quick else SUBJECTS
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "hearts"
        command = [sys.executable, "-m", "latentspace", "simulate", str(into), "--subjects", str(n)]

        def ours() -> float:
            shutil.rmtree(into, ignore_errors=True)
            return seconds(partial(subprocess.run, command, check=True, capture_output=True))

        floor = partial(seconds, partial(subprocess.run, [sys.executable, "-c", NOISE.format(n=n)], check=True))
        taken = in_turns({"ours": ours, PEERS[0]: floor}, rounds=effort.rounds(3), warm_up=0)
    return [claim(f"simulate {n} subjects, 2 workers", None if effort.quick else n / PER_SECOND, "s", taken, PEERS)]
