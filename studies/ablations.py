"""What each part of the model is worth: the model with one part taken away at a time.

`python -m studies.ablations W [--preset NAME] [--seed S]` builds, in the workspace W (simulated hearts and ECGs, or any
other), the model as it is and without each part, judges them as `evaluate --quick` does, and prints one table. A part
that is off anyway beside these modalities is left out. Every run is kept: stopped or killed, the same command goes on.
"""

import argparse
from collections.abc import Mapping, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

from latentspace.artifact import read_json
from latentspace.demo import BuildOptions, build
from latentspace.progress import TerminalProgress
from latentspace.run import Run
from latentspace.train.baselines import configured
from latentspace.train.presets import Config, TrainOptions, overridden
from latentspace.workspace import open_folder

Overrides = Mapping[str, float | int | str]

WHOLE = "the model"
PARTS: Mapping[str, Overrides] = {
    "no registration": {"registration": "off"},
    "no timing": {"timing": "off"},
    "no convolutions": {"convolutions": "off"},
    "linear drawing": {"drawing": "linear"},
    "no mixing": {"mix": 0.0},
    "no contrast": {"objective.contrastive": 0.0},
    "no matching": {"objective.matching": 0.0},
    "no translation": {"objective.translation": 0.0},
    "no conditional KL": {"objective.conditional": 0.0},
    "no free bits": {"objective.free_bits": 0.0},
    "no noise, no dropout": {"objective.noise": 0.0, "objective.dropout": 0.0},
    "closed forms alone": {"steps": 0},
}


def main() -> None:
    """Build what is not there yet, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path, metavar="W")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    workspace = open_folder(chosen.workspace)
    runs: dict[str, Run] = {}
    for name, taken in {WHOLE: {}, **parts(configured(TrainOptions(preset=chosen.preset), workspace.modelled))}.items():
        options = BuildOptions(preset=chosen.preset, seed=chosen.seed, overrides=taken)
        runs[name] = build(workspace, options, TerminalProgress())
        print(f"{name}: run {runs[name].name}, {runs[name].record['cpu_seconds']} CPU s", flush=True)
    workspace.set_latest(runs[WHOLE])
    print(table(runs, [m.name for m in workspace.modelled]))


def parts(config: Config) -> dict[str, Overrides]:
    """What can be taken away from a configuration: the parts that are not off in it already."""
    return {name: taken for name, taken in PARTS.items() if overridden(config, taken) != config}


def columns(names: Sequence[str]) -> list[str]:
    """The figures of the table, for modalities of these names."""
    found = [f"retrieval.{a}_to_{b}.recall_at_10" for a, b in permutations(names, 2)]
    found += [f"reconstruction.{m}.unexplained_variance" for m in names]
    found += [f"translation.{a}_to_{b}.unexplained_variance" for a, b in permutations(names, 2)]
    return [*found, "alignment.auc", "latent.active"]


def table(runs: Mapping[str, Run], names: Sequence[str]) -> str:
    """Markdown: a row for each run; recall and AUC are better high, unexplained variance low."""
    judged = columns(names)
    lines = [["", *judged, "CPU s"], ["---"] * (len(judged) + 2)]
    for name, run in runs.items():
        figures: Mapping[str, Mapping[str, Any]] = read_json(run.file("evaluation.json"))
        values = [figures.get(key, {}).get("value") for key in judged]
        cells = ["-" if value is None else f"{value:.3f}" for value in values]
        lines.append([name, *cells, f"{run.record['cpu_seconds']:.0f}"])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    main()
