"""What a model loses when cines are missing, and what blood values add: retrieval among the same held-out people.

`python -m studies.missing FOLDER [--subjects N] [--share S] [--preset NAME] [--seed S]` simulates a clinic thrice (all
have a cine; a share S has none; the same with blood values), trains on each, and prints a table of the held-out people
who have a cine in all three. Stopped or killed, the same command goes on.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64

from latentspace.arrays import read_rows
from latentspace.codec import OnnxCodec
from latentspace.evaluate.retrieval import cosines, ranks
from latentspace.progress import TerminalProgress
from latentspace.run import Run
from latentspace.simulate.verb import SimulateOptions, simulate
from latentspace.stats.bootstrap import figure, mean
from latentspace.train import TrainOptions, train
from latentspace.workspace import Workspace

AT = 10
WAYS = {
    "ECG -> MRI": (("ecg",), ("cine",)),
    "MRI -> ECG": (("cine",), ("ecg",)),
    "blood -> MRI": (("blood",), ("cine",)),
    "ECG and blood -> MRI": (("ecg", "blood"), ("cine",)),
}


@dataclass(frozen=True, slots=True)
class Built:
    """One of the three cohorts with its run."""

    workspace: Workspace
    run: Run

    def found(
        self, ways: tuple[tuple[str, ...], tuple[str, ...]], rows: Int64[np.ndarray, " n"]
    ) -> Float64[np.ndarray, " n"] | None:
        """1 for each row whose own partner is among the nearest `AT`, by cosine of the shared means, else 0."""
        if not {*ways[0], *ways[1]} <= {m.name for m in self.workspace.modelled}:
            return None
        codec, stored = OnnxCodec(self.run, self.workspace.modelled), self.workspace.recordings
        a, b = (codec.encode({m: read_rows(stored(m), rows) for m in side})["joint"].mean for side in ways)
        return (ranks(cosines(a, b)) <= AT).astype(np.float64)


def built(folder: Path, people: SimulateOptions, options: TrainOptions) -> Built:
    """Simulated and trained, as far as it is not yet."""
    workspace = simulate(folder, people, TerminalProgress())
    return Built(workspace, train(workspace, options, TerminalProgress()))


def table(columns: Mapping[str, Built]) -> str:
    """Markdown: recall of every way in every cohort, with its 95 % interval."""
    first = next(iter(columns.values()))
    has = np.logical_and.reduce([c.workspace.present("cine") for c in columns.values()])
    rows = np.flatnonzero(has & (first.run.split(first.workspace.subjects()) == "held_out"))
    lines = [[f"recall@{AT} among {len(rows)}", *columns], ["---"] * (len(columns) + 1)]
    for name, way in WAYS.items():
        cells: list[str] = []
        for column in columns.values():
            hits = column.found(way, rows)
            told = None if hits is None else figure(mean(hits), len(rows), np.random.default_rng(0))
            cells.append("-" if told is None else f"{told.value:.3f} ({told.low:.3f} to {told.high:.3f})")
        lines.append([name, *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Build what is not there yet, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--subjects", type=int, default=600)
    parser.add_argument("--share", type=float, default=0.3, help="of people without a cine")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--seed", type=int, default=0, help="of the people and of training")
    chosen = parser.parse_args()
    everyone = SimulateOptions(subjects=chosen.subjects, seed=chosen.seed)
    some, options = replace(everyone, without_cine=chosen.share), TrainOptions(preset=chosen.preset, seed=chosen.seed)
    cohorts = {
        "all cines": ("all", everyone),
        f"{chosen.share:.0%} missing": ("missing", some),
        f"{chosen.share:.0%} missing, with blood": ("blood", replace(some, blood=True)),
    }
    print(table({name: built(chosen.folder / f"{f}.ls", people, options) for name, (f, people) in cohorts.items()}))


if __name__ == "__main__":
    main()
