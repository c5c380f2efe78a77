"""`latentspace simulate` of 2,000 of the clinic, its own start and warm-up included: 40 subjects a second or more."""

import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.timing import Claim, claim, in_turns, seconds

SUBJECTS, PER_SECOND = 2000, 40
PEERS = ("floor: pixels of noise alone, 1 process",)
NOISE = (
    "import numpy as np; r = np.random.default_rng(0); "
    f"[r.standard_normal((50, 96, 96), dtype=np.float32) for _ in range({SUBJECTS})]"
)


def measure() -> list[Claim]:
    """A fresh process each time, two workers."""
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "hearts"
        command = [sys.executable, "-m", "latentspace", "simulate", str(into), "--subjects", str(SUBJECTS)]

        def ours() -> float:
            shutil.rmtree(into, ignore_errors=True)
            return seconds(partial(subprocess.run, command, check=True, capture_output=True))

        floor = partial(seconds, partial(subprocess.run, [sys.executable, "-c", NOISE], check=True))
        taken = in_turns({"ours": ours, PEERS[0]: floor}, rounds=3, warm_up=0)
    return [claim(f"simulate {SUBJECTS} subjects, 2 workers", SUBJECTS / PER_SECOND, "s", taken, PEERS)]
