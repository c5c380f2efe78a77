"""The goals of the model on several seeds: what each run reaches, and the mean.

`python -m studies.seeds W [--preset standard] [--seeds 3]` trains, embeds and evaluates (not `--quick`) a run for each
seed in the workspace W, prints one table. What is finished is not done again. On 8,750 people of the `population`
(`latentspace simulate W --subjects 8750 --cohort population --seed 1`: 6,125 to train on, 1,000 of 1,750 held out are
judged), a run takes about 15 CPU minutes.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from latentspace.embed import embed
from latentspace.evaluate import evaluate
from latentspace.progress import TerminalProgress
from latentspace.run import Run
from latentspace.train import train
from latentspace.train.presets import TrainOptions
from latentspace.workspace import Workspace, open_folder

PAIRS = ("ecg_to_cine", "cine_to_ecg")
GOALS: Mapping[str, str] = {
    **{f"retrieval.{pair}.recall_at_10": "see the oracle" for pair in PAIRS},
    "reconstruction.cine.unexplained_variance": "at most .04",
    "reconstruction.cine.heart_dyn": "at most .16",
    "reconstruction.cine.sharpness": ".85 to 1.15",
    "reconstruction.ecg.unexplained_variance": "at most .015",
    "reconstruction.ecg.pearson_median": "at least .98",
    **{f"translation.{pair}.closer_than_matched": "at least .75" for pair in PAIRS},
    "translation.ecg_to_cine.heart": "at most .80",
    **{f"traversal.{name}.spearman": "at least .8" for name in ("lvm", "lvef", "qrs", "qt")},
    **{f"traversal.{name}.identity": "kept" for name in ("lvm", "lvef", "qrs", "qt")},
    **{f"translation.{pair}.coverage_90": ".85 to .95" for pair in PAIRS},
    **{f"translation.{pair}.width_90": "below the next" for pair in PAIRS},
    **{f"translation.{pair}.matched_width_90": "" for pair in PAIRS},
    "alignment.auc": "",
    "latent.active_share": "at least .8",
}

Figures = Mapping[str, Mapping[str, Any]]


def main() -> None:
    """Build what is not there yet, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path, metavar="W")
    parser.add_argument("--preset", choices=("fast", "standard", "paper", "labelled"), default="standard")
    parser.add_argument("--seeds", type=int, default=3)
    chosen = parser.parse_args()
    workspace = open_folder(chosen.workspace)
    runs = [judged(workspace, TrainOptions(preset=chosen.preset, seed=seed)) for seed in range(chosen.seeds)]
    print(table([json.loads(run.file("evaluation.json").read_text(encoding="utf-8")) for run in runs]))


def judged(workspace: Workspace, options: TrainOptions) -> Run:
    """A run with a full evaluation."""
    progress = TerminalProgress()
    run = train(workspace, options, progress)
    if not run.has("embedding.zarr"):
        embed(workspace, run, progress)
    if not run.has("evaluation.json"):
        evaluate(workspace, run, seed=options.seed, progress=progress)
    return run


def table(runs: Sequence[Figures]) -> str:
    """Markdown: the goals, the figure of each run, and the mean of those that have it."""
    lines = [["", "goal", *(f"seed {i}" for i in range(len(runs))), "mean"], ["---"] * (len(runs) + 3)]
    for name, goal in GOALS.items():
        values = [run.get(name, {}).get("value") for run in runs]
        known = [v for v in values if v is not None]
        cells = ["-" if v is None else f"{v:.3g}" for v in values]
        lines.append([name, goal, *cells, f"{sum(known) / len(known):.3g}" if known else "-"])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
