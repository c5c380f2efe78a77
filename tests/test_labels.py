"""The preset that sees labels: what is planted is found, nobody held out is read, and the run says what it has seen."""

import dataclasses
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.linear_model import Ridge

from factor_cohort import factor_workspace
from foreign_run import foreign_run
from latentspace.arrays import read_rows
from latentspace.cli import main
from latentspace.codec import OnnxCodec
from latentspace.errors import InputError
from latentspace.evaluate import evaluate
from latentspace.explorer import Explorer
from latentspace.modality import Axis, Modality
from latentspace.phenotype import Dictionary, Kind, Phenotype
from latentspace.progress import silent
from latentspace.run import Run, split
from latentspace.simulate.verb import SimulateOptions, simulate
from latentspace.stats.scoring import folds
from latentspace.train import PRESETS, TrainOptions, config_of, train
from latentspace.train.data import load
from latentspace.train.labels import labels_of, read
from latentspace.vae.linear import PENALTIES
from latentspace.workspace import CohortData, Workspace, create

LOUD, QUIET, SIDE = 100, 20, 150
SMALL = {"n_shared": 4, "n_heart": 40, "n_tiles": 40, "n_rest": 40, "n_components": 8, "n_hidden": 8, "steps": 0}
LABELLED = TrainOptions(preset="labelled", overrides=SMALL)
PICTURE = Modality(name="picture", label="Picture", axes=tuple(Axis(name=n, size=SIDE) for n in "ab"), unit="1")
TABLE = Modality(name="table", label="Table", axes=(Axis(name="test", size=3),), unit="1")


def hidden_workspace(
    folder: Path, *, spoilt: tuple[str, ...] = (), labels: bool = True
) -> tuple[Workspace, np.ndarray]:
    """Pictures of 100 loud patterns and 20 quiet ones, a sum of which is the label `hidden`; a table hints at it.

    The parts of the people that are `spoilt` have nonsense for labels. Returns the hidden numbers too.
    """
    rng = np.random.default_rng(3)
    n = 300
    patterns = np.linalg.qr(rng.standard_normal((SIDE**2, LOUD + QUIET)))[0].T
    scores = rng.standard_normal((n, LOUD + QUIET))
    hidden = scores[:, LOUD:].sum(axis=1) / np.sqrt(QUIET)
    scores[:, LOUD:] *= 0.15
    hints = hidden[:, None] + 3 * rng.standard_normal((n, 3))
    ids = [f"p{i:03d}" for i in range(n)]
    phenotypes = (
        Phenotype(name="hidden", label="Hidden", kind="continuous"),
        Phenotype(name="luck", label="Luck", kind="continuous"),
    )
    subjects = pl.DataFrame({"subject_id": ids, "visit": ["1"] * n, "hidden": hidden, "luck": rng.standard_normal(n)})
    subjects = subjects.with_columns(
        pl.when(pl.Series(np.isin(split(ids, seed=0), spoilt)))
        .then(1e6 * pl.col("luck"))
        .otherwise("hidden")
        .alias("hidden")
    )
    cohort = CohortData(
        title="Hidden",
        modalities=(PICTURE, TABLE),
        subjects=subjects,
        dictionary=Dictionary(phenotypes if labels else ()),
        recordings={
            "picture": (scores @ patterns).reshape(n, SIDE, SIDE).astype(np.float32),
            "table": hints.astype(np.float32),
        },
        present={"picture": np.ones(n, bool), "table": np.ones(n, bool)},
        report={},
    )
    return create(folder / "hidden.ls", cohort), hidden


def told_of_hidden(workspace: Workspace, run: Run, hidden: np.ndarray) -> float:
    """R2 of the hidden number, read by least squares from what the picture alone says of the shared code.

    Learnt from validation people and asked of held-out ones: neither taught the encoder.
    """
    said = OnnxCodec(run, workspace.modalities).encode({"picture": read_rows(workspace.recordings("picture"))})
    code = np.column_stack([said["picture"].mean, np.ones(len(hidden))])
    part = run.split(workspace.subjects())
    learn, ask = part == "validation", part == "held_out"
    weights, *_ = np.linalg.lstsq(code[learn], hidden[learn], rcond=None)
    return float(1 - (hidden - code @ weights)[ask].var() / hidden[ask].var())


def test_a_label_hidden_in_quiet_coordinates_is_in_the_shared_code_with_labels_and_not_without(tmp_path: Path) -> None:
    workspace, hidden = hidden_workspace(tmp_path)
    without = train(workspace, TrainOptions(preset="standard", overrides=SMALL), silent)
    with_labels = train(workspace, LABELLED, silent)
    assert told_of_hidden(workspace, with_labels, hidden) > 0.9
    assert told_of_hidden(workspace, without, hidden) < 0.6
    assert with_labels.record["labels_seen"] == ["hidden"]  # and not luck, which no picture knows
    assert without.record["labels_seen"] == []


def test_labels_of_people_who_are_not_trained_on_are_never_read(tmp_path: Path) -> None:
    options = TrainOptions(preset="labelled", overrides={**SMALL, "steps": 3, "batch": 64})
    weights: list[bytes] = []
    for name, spoilt in (("a", ()), ("b", ("held_out", "validation"))):
        workspace, _ = hidden_workspace(tmp_path / name, spoilt=spoilt)
        weights.append((train(workspace, options, silent).path / "weights.safetensors").read_bytes())
    assert weights[0] == weights[1]
    with pytest.raises(InputError, match="none of 2 can be told"):  # training people's are read
        train(hidden_workspace(tmp_path / "c", spoilt=("train",))[0], options, silent)


def test_what_is_said_of_a_training_person_is_ridge_regression_on_the_other_folds() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((120, 6)) * np.arange(1, 7)
    x -= x.mean(axis=0)
    y = x @ rng.standard_normal(6) + 4 * rng.standard_normal(120)
    person = np.repeat(np.arange(60), 2)
    reader, said = read(x, {"y": 5 + 3 * y, "luck": rng.standard_normal(120)}, person)
    assert reader.names == ("y",)
    truth, fold = (y - y.mean()) / y.std(), folds(person, seed=0)
    best, expected, fitted = -1.0, np.zeros(120), np.zeros(6)
    for penalty in PENALTIES:
        guess = np.zeros(120)
        for f in range(5):
            alpha = penalty * (x[fold != f] ** 2).sum() / 6
            guess[fold == f] = (
                x[fold == f] @ Ridge(alpha, fit_intercept=False).fit(x[fold != f], truth[fold != f]).coef_
            )
        if (r := float(np.corrcoef(guess, truth)[0, 1])) > best:
            best, expected = r, guess
            fitted = Ridge(penalty * (x**2).sum() / 6, fit_intercept=False).fit(x, truth).coef_
    np.testing.assert_allclose(said[:, 0], expected / expected.std(), rtol=1e-6)
    np.testing.assert_allclose(reader.weights[:, 0], fitted / expected.std(), rtol=1e-6)


def test_a_label_that_some_lack_is_read_as_one_that_all_have() -> None:
    rng = np.random.default_rng(1)
    x = rng.standard_normal((400, 5))
    x -= x.mean(axis=0)
    y = x[:, 2] + 0.5 * rng.standard_normal(400)
    some = np.where(rng.random(400) < 0.3, np.nan, y)
    constant, unknown = np.ones(400), np.full(400, np.nan)
    reader, _ = read(x, {"all": y, "some": some, "constant": constant, "unknown": unknown}, np.arange(400))
    assert reader.names == ("all", "some")
    said = x @ reader.weights
    assert np.corrcoef(said.T)[0, 1] > 0.98
    assert said.std(axis=0) == pytest.approx([1, 1], abs=0.05)


def test_labels_are_numbers_and_pairs_of_levels_that_were_known_when_the_recording_was_made(tmp_path: Path) -> None:
    kinds: dict[str, tuple[Kind, str, tuple[str, ...]]] = {
        "mass": ("continuous", "Heart", ()),
        "visits": ("count", "Person", ()),
        "ill": ("boolean", "Person", ()),
        "sex": ("nominal", "Person", ("Woman", "Man")),
        "colour": ("nominal", "Person", ("red", "green", "blue")),
        "born": ("date", "Person", ()),
        "salary": ("continuous", "Person", ()),
        "years_to_death": ("continuous", "Follow-up", ()),
    }
    dictionary = Dictionary(
        tuple(
            Phenotype(name=n, label=n, kind=k, section=s, levels=ls, sensitive=n == "salary")
            for n, (k, s, ls) in kinds.items()
        )
    )
    base, _ = hidden_workspace(tmp_path)
    (base.path / "phenotypes.json").write_text(dictionary.to_json())
    base.subjects().head(3).with_columns(
        mass=pl.Series([1.5, None, 3.0]),
        visits=pl.Series([1, 2, 3]),
        ill=pl.Series([True, None, False]),
        sex=pl.Series(["Man", "Woman", None]),
        colour=pl.Series(["red", "blue", "red"]),
        born=pl.Series([None, None, None], dtype=pl.Date),
        salary=pl.Series([1.0, 2.0, 3.0]),
        years_to_death=pl.Series([1.0, 2.0, 3.0]),
    ).write_parquet(base.path / "subjects.parquet")
    labels = labels_of(base, np.array([0, 1]))
    assert list(labels) == ["mass", "visits", "ill", "sex"]
    np.testing.assert_array_equal(np.stack(list(labels.values())), [[1.5, np.nan], [1, 2], [1, np.nan], [1, 0]])


def test_the_exported_encoder_says_of_new_people_what_the_model_was_validated_on(tmp_path: Path) -> None:
    workspace, _ = hidden_workspace(tmp_path)
    run = train(workspace, LABELLED, silent)
    data = load(workspace, 0, config_of(LABELLED))
    rows = np.flatnonzero(run.split(workspace.subjects()) == "validation")
    said = OnnxCodec(run, workspace.modalities).encode({"picture": read_rows(workspace.recordings("picture"), rows)})
    told = data.validation.x["picture"][:, -1].numpy()
    assert data.validation.x["picture"].shape[1] == data.standards["picture"].mean.numel() + 1
    # one label: every shared dimension that says anything is a line through it
    code = said["picture"].mean
    assert np.abs(np.corrcoef(told, code[:, 0])[0, 1]) == pytest.approx(1, abs=1e-3)
    assert torch.std(data.train.x["picture"][:, -1], correction=0) == pytest.approx(1, abs=0.01)


def test_labels_without_a_large_recording_or_without_a_phenotype_are_refused_with_what_to_do(tmp_path: Path) -> None:
    small = factor_workspace(tmp_path)
    for workspace in (small, hidden_workspace(tmp_path, labels=False)[0]):
        with pytest.raises(InputError, match="--preset standard") as refused:
            train(workspace, LABELLED, silent)
        assert refused.value.code == "train.labels"
    with pytest.raises(InputError, match="reads no labels"):
        train(small, TrainOptions(model="dropfuse", preset="labelled"), silent)


def test_simulated_hearts_are_told_by_their_phenotypes_and_the_run_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = simulate(tmp_path / "hearts.ls", SimulateOptions(subjects=64, seed=11, workers=1), silent)
    small = {**SMALL, "steps": 2, "n_heart": 16, "n_tiles": 16, "n_rest": 16, "n_shared": 64}
    run = train(workspace, TrainOptions(preset="labelled", overrides=small), silent)
    seen = set(run.record["labels_seen"])
    assert {"lvedv", "la_max"} <= seen
    assert not seen & {"follow_up", "incident_af", "years_to_af", "smoking"}
    assert run.record["config"]["labels"] == "on"
    assert main(["info", str(workspace.path)]) == 0
    assert "has seen labels of the training people" in capsys.readouterr().out


def test_the_explorer_warns_of_labels_seen_and_of_nothing_else(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    assert Explorer(workspace, run).describe().labels_warning == ""
    run.update(labels_seen=["height", "gone since"])
    said = "This embedding has seen labels of the training people: height, gone since; it is not self-supervised."
    assert Explorer(workspace, run).describe().labels_warning == said


def test_the_page_of_an_evaluation_says_which_labels_were_seen_and_what_they_flatter(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    evaluate(workspace, run, seed=0, progress=silent, quick=True)
    assert "self-supervised" not in run.file("evaluation.html").read_text(encoding="utf-8")
    run.update(labels_seen=["height"])
    evaluate(workspace, run, seed=0, progress=silent, quick=True)
    text = run.file("evaluation.html").read_text(encoding="utf-8")
    said = "This embedding has seen labels of the training people: Height; it is not self-supervised."
    assert text.index(said) < text.index("<h2>")
    trap = text[text.index('<section id="downstream">') :]
    assert "own Height went into this embedding" in trap[: trap.index("<table>")]


def test_labelled_is_standard_but_for_the_labels() -> None:
    assert dataclasses.replace(PRESETS["labelled"], labels="off") == PRESETS["standard"]
