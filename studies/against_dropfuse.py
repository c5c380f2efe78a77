"""The model beside DropFuse, the published design, and two cheaper ones, in the three comparisons that are fair.

`python -m studies.against_dropfuse W [--minutes M] [--passes P] [--preset NAME] [--seed S]` builds, in the workspace W
(simulated hearts and ECGs), both models at the same time of training (a), DropFuse at P passes over its training people
beside the model at its preset and at as many passes (b), and the narrow DropFuse trained until its validation loss
stops falling (c). It prints one table. Every run is kept: stopped or killed, the same command goes on.

On one core of an AMD EPYC (AVX-512), a person and step cost DropFuse .41 CPU s (20 GFLOP), the narrow one .10 s
(3.2 GFLOP), and .02 s to read. With 1,400 people to train on, 5 passes take 50 CPU minutes, 60 passes of the narrow one
(the most it may take) 2.8 CPU hours; to embed and evaluate a wide one takes ten minutes. Where others use the cores
too, set OMP_WAIT_POLICY=passive: threads that wait for each other then burn no time.
"""

import argparse
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from latentspace.demo import BuildOptions, build
from latentspace.progress import TerminalProgress
from latentspace.run import Run
from latentspace.workspace import Workspace, open_folder

RISING = ("recall_at_1", "recall_at_5", "recall_at_10", "pearson", "closer_than_shuffled", "auc", "ssim", "spearman")
FALLING = ("median_rank", "unexplained_variance", "heart", "heart_dyn", "mae")
FAIR = (("ours (a)", "dropfuse (a)"), ("ours", "dropfuse (b)"), ("ours", "dropfuse_small (c)"))

Figures = Mapping[str, Mapping[str, Any]]


def main() -> None:
    """Build what is not there yet, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path, metavar="W")
    parser.add_argument("--minutes", type=float, default=30.0, help="to train each model in comparison (a)")
    parser.add_argument("--passes", type=float, default=5.0, help="of comparison (b)")
    parser.add_argument("--preset", default="fast", help="of the model in comparisons (b) and (c)")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    workspace = open_folder(chosen.workspace)
    runs = {name: _built(workspace, name, options) for name, options in plan(chosen).items()}
    steps = math.ceil(chosen.passes) * runs["ours"].record["plan"]["steps_per_epoch"]
    equal = BuildOptions(preset=chosen.preset, seed=chosen.seed, overrides={"steps": steps, "patience": 1.0})
    runs["ours, same passes"] = _built(workspace, "ours, same passes", equal)
    workspace.set_latest(runs["ours"])
    print(table(runs))


def plan(chosen: argparse.Namespace) -> dict[str, BuildOptions]:
    """What is built, by the name of its column."""
    seed, minutes, preset = chosen.seed, chosen.minutes, chosen.preset
    return {
        "ours": BuildOptions(preset=preset, seed=seed),
        "ours (a)": BuildOptions(preset=preset, seed=seed, budget_minutes=minutes),
        "pca_cca": BuildOptions(model="pca_cca", seed=seed),
        "unimodal": BuildOptions(model="unimodal", preset=preset, seed=seed),
        "dropfuse_small (c)": BuildOptions(model="dropfuse_small", seed=seed),
        "dropfuse (b)": BuildOptions(model="dropfuse", seed=seed, overrides={"passes": float(chosen.passes)}),
        "dropfuse (a)": BuildOptions(model="dropfuse", seed=seed, budget_minutes=minutes),
    }


def table(runs: Mapping[str, Run]) -> str:
    """Markdown: what each run took, then every figure that has a better side, and in which of (a) to (c) ours is."""
    figures: dict[str, Figures] = {
        name: json.loads(run.file("evaluation.json").read_text(encoding="utf-8")) for name, run in runs.items()
    }
    lines = [["", *runs, "better in"], ["---"] * (len(runs) + 2)]
    lines.append(["run", *(run.name for run in runs.values()), ""])
    facts = ("n_parameters", "passes", "seconds", "cpu_seconds")
    lines += [[fact, *(f"{run.record[fact]:,}" for run in runs.values()), ""] for fact in facts]
    judged = [key for key in figures["ours"] if direction(key)]
    for key in judged:
        values = {name: said.get(key, {}).get("value") for name, said in figures.items()}
        better = [letter for letter, pair in zip("abc", FAIR, strict=True) if ahead(key, *(values[n] for n in pair))]
        cells = ["-" if value is None else f"{value:.3g}" for value in values.values()]
        lines.append([f"{key} {'↑' if direction(key) > 0 else '↓'}", *cells, " ".join(better)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def direction(key: str) -> int:
    """1 where more of a figure is better, -1 where less is, 0 where neither is; traversals name dimensions of a run."""
    last = key.rpartition(".")[2]
    return 0 if key.startswith("traversal.z") else (last in RISING) - (last in FALLING)


def ahead(key: str, ours: float | None, theirs: float | None) -> bool:
    """Whether ours is the better one, as far as both have the figure."""
    return ours is not None and theirs is not None and direction(key) * (ours - theirs) > 0


def _built(workspace: Workspace, name: str, options: BuildOptions) -> Run:
    run = build(workspace, options, TerminalProgress())
    print(f"{name}: run {run.name}, {run.record['passes']} passes, {run.record['cpu_seconds']} CPU s", flush=True)
    return run


if __name__ == "__main__":
    main()
