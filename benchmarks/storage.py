"""What a person takes on disk, and what a server of many takes in memory."""

import time
from pathlib import Path

import numpy as np

from benchmarks.crowd import crowd, hearts
from benchmarks.timing import Claim, Effort, valued
from latentspace.workspace import Workspace
from tests.chromium import served

RAW = "the same recordings, unpacked"
WARM_S = 10.0


def measure(effort: Effort) -> list[Claim]:
    """Recordings and run of the simulated hearts; the server of as many as the paper's cohort has, warmed up."""
    workspace, many = hearts(effort), crowd(5_000 if effort.quick else 37_774, effort)
    n = len(workspace.subjects())
    raw = sum(workspace.recordings(m.name).nbytes for m in workspace.modalities) / n
    sizes = np.array([[_bytes(workspace.path / "recordings") / n, raw]]) / 1e6
    run = np.array([[_bytes(workspace.run().path) / n / 1e6]])
    return [
        valued("recordings of a person on disk", None, "MB", sizes, (RAW,)),
        valued("codes, maps and scores of a person on disk, the networks among them", None, "MB", run, ()),
        valued(f"memory of the server, {many.title}", None, "MB", np.array([[_memory(many)]]), ()),
    ]


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _memory(workspace: Workspace) -> float:
    with served(workspace.path) as (_, process):
        time.sleep(WARM_S)
        lines = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
