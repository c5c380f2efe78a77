"""The model beside linear methods on two kinds of leads of the same hearts (PTB-XL): repeated folds by person.

`python -m studies.ptbxl_folds W [--repeats 20] [--config F] [--validate N]` trains, in each of repeats x 5 folds, the
model (preset `fast`, with what the TOML file F sets otherwise) on four folds of the people of W and asks the fifth: is
the other recording of a person found first among those of the fold (one visit each), and how well do sex and diagnoses
read from the joint code? One in N people (default 8) of the four folds stops the training when the model gets no
better; with 0 it learns from all and takes all its steps. Linear methods answer on the same folds: they learn from all
people of the four, at the settings that five folds inside these prefer.

Each fold adds a line to `W/studies/ptbxl_folds-<id>.jsonl` (the id is that of configuration and data): stopped or
killed, the same command goes on. It prints one table, with paired intervals over people.
"""

import argparse
import json
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64, Int64, Shaped
from torch import Tensor

from latentspace.arrays import read_rows
from latentspace.columns import Columns
from latentspace.evaluate.targets import targets_of
from latentspace.options import read_overrides
from latentspace.progress import TerminalProgress, silent
from latentspace.run import people, run_id
from latentspace.stats.scoring import FOLDS, folds
from latentspace.train import Config, TrainOptions, config_of, loop
from latentspace.train.baselines import begun
from latentspace.train.data import gathered
from latentspace.vae.model import Batch, CrossModalVAE
from latentspace.workspace import Workspace, open_folder
from studies.fold_table import read_folds, table
from studies.linear_pairs import METHODS, Codes, Matrix, Pair, best, cca, components_of, one_of_each
from studies.read_out import read_out


@dataclass(frozen=True, slots=True)
class Training:
    """How the model is trained: `validate` is one in so many people of the four folds, 0 nobody."""

    config: Config
    validate: int


@dataclass(frozen=True, slots=True)
class Cohort:
    """Rows with both recordings: those flat, leads in units of their spread, who each is, and what is predicted."""

    workspace: Workspace
    rows: Int64[np.ndarray, " n"]
    person: Int64[np.ndarray, " n"]
    pair: Pair
    truth: dict[str, Float64[np.ndarray, " n"]]


@dataclass(frozen=True, slots=True)
class Division:
    """Places of a cohort: four folds to learn from, and one visit of each person of the fifth."""

    repeat: int
    fold: int
    learnt: Int64[np.ndarray, " learnt"]
    asked: Int64[np.ndarray, " asked"]


def main() -> None:
    """Ask every fold that was not asked before, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path, metavar="W")
    parser.add_argument("--repeats", type=int, default=20, help="of five folds")
    parser.add_argument("--config", type=Path, help="TOML: settings other than the preset's")
    parser.add_argument("--validate", type=int, default=8, help="one in so many people stops the training; 0: nobody")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    cohort = cohort_of(open_folder(chosen.workspace))
    config = config_of(TrainOptions(overrides=read_overrides(chosen.config)))
    training = Training(config, chosen.validate)
    name = run_id(asdict(training), dict(cohort.workspace.hashes))
    path = cohort.workspace.path / "studies" / f"ptbxl_folds-{name}.jsonl"
    path.parent.mkdir(exist_ok=True)
    done = {(fold.repeat, fold.fold) for fold in read_folds(path)}
    progress = TerminalProgress()
    for i, division in enumerate(divisions(cohort.person, chosen.repeats)):
        if (division.repeat, division.fold) not in done:
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{json.dumps(asked(cohort, division, training))}\n")
        progress("folds", i + 1, chosen.repeats * FOLDS)
    print(table(read_folds(path), cohort.truth, [m.name for m in cohort.workspace.modelled]))


def cohort_of(workspace: Workspace) -> Cohort:
    """Everyone who has both modelled modalities; what is predicted are all phenotypes of two levels."""
    a, b = workspace.modelled
    rows = np.flatnonzero(workspace.present(a.name) & workspace.present(b.name))
    flat = [_flat(read_rows(workspace.recordings(m.name), rows)) for m in (a, b)]
    targets, _ = targets_of(Columns(workspace.subjects(), workspace.dictionary()))
    truth = {t.key: t.values[rows] for t in targets if t.binary}
    person = np.unique(np.array(people(workspace.subjects()))[rows], return_inverse=True)[1]
    return Cohort(workspace, rows, person, Pair(flat[0], flat[1]), truth)


def divisions(person: Int64[np.ndarray, " n"], repeats: int) -> list[Division]:
    """Five folds of people, and five others, and so on."""
    found: list[Division] = []
    for repeat in range(repeats):
        fold = folds(person, seed=repeat)
        found += [
            Division(repeat, each, np.flatnonzero(fold != each), one_of_each(person, fold == each))
            for each in range(FOLDS)
        ]
    return found


def asked(cohort: Cohort, division: Division, training: Training) -> dict[str, Any]:
    """One line of the file: ranks of the partners, and what is read from each code, of the people asked."""
    begin = time.process_time()
    joint, code, own = coded(cohort, division, training)
    spent = time.process_time() - begin
    learnt, person = cohort.pair.of(division.learnt), cohort.person[division.learnt]
    every = Pair(own.a[division.asked], own.b[division.asked])
    ranks, settings = {"model": Codes(every, every).ranks()}, {"model": ""}
    spaces = {"model": joint, "model, code": code, "PCA": _components(cohort, division, joint.shape[1])}
    for name, method in METHODS.items():
        settings[name] = best(method, learnt, person, seed=division.repeat)
        ranks[name] = dict(method(learnt, cohort.pair.of(division.asked)))[settings[name]].ranks()
    variates = dict(cca(learnt, cohort.pair))[settings["CCA"]].forth
    spaces["CCA"] = (variates.a + variates.b)[:, : joint.shape[1]]
    said = {
        space: {
            name: read_out(z, truth, cohort.person, division.learnt, division.asked).tolist()
            for name, truth in cohort.truth.items()
        }
        for space, z in spaces.items()
    }
    return {
        "repeat": division.repeat,
        "fold": division.fold,
        "asked": division.asked.tolist(),
        "ranks": {name: [each.tolist() for each in both] for name, both in ranks.items()},
        "said": said,
        "settings": settings,
        "cpu_seconds": spent,
    }


def coded(cohort: Cohort, division: Division, training: Training) -> tuple[Matrix, Matrix, Pair]:
    """Of everyone the joint code, the full code (with the private ones) and the shared codes of each modality alone.

    By a model that was trained on the four folds.
    """
    config = training.config
    data = gathered(cohort.workspace, _parts(cohort, division, training.validate), config)
    if not training.validate:
        data, config = replace(data, validation=data.train), replace(config, patience=1.0)
    options = TrainOptions(seed=division.repeat)
    model = begun(data, options, config)
    if config.steps:
        state = loop.new_state(model, config, torch.Generator().manual_seed(options.seed))
        planned = loop.plan(len(data.train.person), config)
        with tempfile.TemporaryDirectory() as folder:
            state = loop.fit(Path(folder), state, loop.Work(data, config, planned), silent)
        if training.validate:
            model.load_state_dict(state.best)
    model.settle(data.train)
    x: dict[str, Tensor] = {}
    for m, standard in data.standards.items():
        x[m] = torch.from_numpy(standard.standardise(read_rows(cohort.workspace.recordings(m), cohort.rows)))
    known = dict.fromkeys(x, torch.ones(len(cohort.rows), dtype=torch.bool))
    assert isinstance(model, CrossModalVAE)  # noqa: S101 - for the type checker
    with torch.no_grad():
        joint, said = model.encode(Batch(x, known, torch.from_numpy(cohort.person)))
        private = [model.decoder(m).private(model.encoder(m).scores(v), joint.mean).mean for m, v in x.items()]
    code = torch.cat([joint.mean, *private], dim=1).double().numpy()
    a, b = (q.mean.double().numpy() for q in said.values())
    return code[:, : model.n_shared], code, Pair(a, b)


def _parts(cohort: Cohort, division: Division, validate: int) -> Shaped[np.ndarray, " rows"]:
    """For each row of the workspace whether the model learns from it, is stopped by it, or never sees it."""
    part = np.full(len(cohort.workspace.subjects()), "held_out", dtype="<U10")
    people = cohort.person[division.learnt]
    order = np.random.default_rng(division.fold).permutation(np.unique(people))
    stopping = np.isin(people, order[::validate] if validate else [])
    part[cohort.rows[division.learnt]] = np.where(stopping, "validation", "train")
    return part


def _components(cohort: Cohort, division: Division, size: int) -> Matrix:
    """Principal components of both recordings side by side."""
    both = np.concatenate([cohort.pair.a, cohort.pair.b], axis=1)
    return components_of(both[division.learnt], size).scores(both)


def _flat(recordings: np.ndarray) -> Matrix:
    """Leads in units of their spread (a scale for each of eight leads: whose, hardly matters)."""
    values = recordings.astype(np.float64)
    spread = np.sqrt(((values - values.mean(axis=0)) ** 2).mean(axis=(0, 2), keepdims=True))
    return (values / spread).reshape(len(values), -1)


if __name__ == "__main__":
    main()
