"""Everything that a front end may ask, on the digits: against numpy, scikit-learn and the arrays on disk."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from scipy.stats import f_oneway
from sklearn.datasets import load_digits

import latentspace
from built import Built
from latentspace import groups
from latentspace.errors import InputError, LatentSpaceError, NotFoundError

DIGITS: Any = load_digits()


@pytest.fixture(scope="module")
def explorer(digits: Built) -> latentspace.Explorer:
    return latentspace.open(digits.path)


def test_a_description_says_what_is_there(explorer: latentspace.Explorer) -> None:
    about = explorer.describe()
    assert (about.n, about.people, about.held_out) == (1797, 1797, 359)
    assert [m.name for m in about.modalities] == ["left", "right"]
    assert [s.name for s in about.spaces] == ["joint", "left", "right", "private_left", "private_right"]
    assert {f"{m.space}.{m.method}" for m in about.maps} == {
        f"{space}.{method}" for space in ("joint", "left", "right") for method in ("tsne", "tsne2", "pca")
    }
    assert all(0.8 < (m.trustworthiness or 0) <= 1 for m in about.maps if m.method == "tsne")
    assert about.layout[-1].stop == about.n_latent
    assert not about.simulator
    assert 0 < (about.evaluation["reconstruction.left.unexplained_variance"].value or 0) < 0.5
    json.dumps(dataclasses.asdict(about), allow_nan=False)


def test_columns_are_the_digits_themselves(explorer: latentspace.Explorer) -> None:
    columns = explorer.columns(["digit", "ink", "subject_id", "part", "joint.z00"])
    np.testing.assert_array_equal(columns["digit"], DIGITS.target)
    np.testing.assert_allclose(columns["ink"], DIGITS.images.sum(axis=(1, 2)) / 16, rtol=1e-5)
    text, offsets = columns["subject_id.text"].tobytes().decode(), columns["subject_id.offsets"]
    assert text[offsets[7] : offsets[8]] == "digit-0007"
    assert np.bincount(columns["part"]).tolist() == [1258, 180, 359]
    np.testing.assert_array_equal(columns["joint.z00"], explorer.run.embedding("joint")[:, 0])


def test_every_kind_of_recipe_selects_whom_numpy_selects(explorer: latentspace.Explorer) -> None:
    target, ink = DIGITS.target, explorer.columns(["ink"])["ink"]
    points, run = explorer.points("left", "tsne"), explorer.run.name
    middle, half = np.median(points, axis=0), np.ptp(points, axis=0).max() / 6
    low, high = middle - half, middle + half
    square = np.array([low, [high[0], low[1]], high, [low[0], high[1]]]).tolist()
    parts = {
        "between": ({"kind": "between", "column": "ink", "low": 15, "high": 20}, (ink >= 15) & (ink <= 20)),
        "one_of": ({"kind": "one_of", "column": "digit", "values": ["three", "eight"]}, np.isin(target, [3, 8])),
        "inside": (
            {"kind": "inside", "run": run, "space": "left", "method": "tsne", "polygon": square},
            ((points > low) & (points < high)).all(axis=1),
        ),
    }
    recipes = [recipe for recipe, _ in parts.values()]
    masks = [mask for _, mask in parts.values()]
    parts |= {
        "not": ({"kind": "not", "of": recipes[0]}, ~masks[0]),
        "all_of": ({"kind": "all_of", "of": recipes}, np.logical_and.reduce(masks)),
        "any_of": ({"kind": "any_of", "of": recipes}, np.logical_or.reduce(masks)),
    }
    for name, (recipe, expected) in parts.items():
        assert 0 < expected.sum() < len(expected), name
        np.testing.assert_array_equal(explorer.select(groups.parse(recipe)), expected, err_msg=name)


def test_a_polygon_of_another_run_is_refused(explorer: latentspace.Explorer) -> None:
    polygon = [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    recipe = groups.parse({"kind": "inside", "run": "elsewhere", "space": "left", "method": "tsne", "polygon": polygon})
    with pytest.raises(InputError, match=r"recipe\.other_run"):
        explorer.select(recipe)


def test_a_subject_is_the_image_that_was_stored(explorer: latentspace.Explorer) -> None:
    subject = explorer.subject(42)
    image = np.concatenate([subject.recordings["left"], subject.recordings["right"]], axis=1)
    np.testing.assert_allclose(image, DIGITS.images[42] / 16)
    assert (subject.subject_id, subject.visit) == ("digit-0042", "1")
    assert subject.part == ("train", "validation", "held_out")[explorer.columns(["part"])["part"][42]]


def test_both_modalities_encode_to_the_embedding_and_decode_close_to_the_truth(explorer: latentspace.Explorer) -> None:
    row = 42
    code = explorer.encode(row, ["left", "right"])
    shared = explorer.describe().layout[0]
    np.testing.assert_allclose(
        code.z[shared.start : shared.stop], explorer.run.embedding("joint")[row], rtol=1e-4, atol=1e-5
    )
    drawn, truth = explorer.decode(code.z), explorer.subject(row).recordings
    for name, values in truth.items():
        assert drawn[name].shape == values.shape
        assert np.square(drawn[name] - values).sum() < 0.3 * np.square(values - values.mean()).sum()


def test_what_one_modality_does_not_tell_keeps_its_prior(explorer: latentspace.Explorer) -> None:
    code = explorer.encode(42, ["left"])
    right = next(part for part in explorer.describe().layout if part.space == "private_right")
    assert not code.z[right.start : right.stop].any()
    assert not code.log_var[right.start : right.stop].any()
    np.testing.assert_allclose(code.z[: len(explorer.spaces[0].dims)], explorer.run.embedding("left")[42], atol=1e-5)


def test_a_known_code_is_placed_where_its_subject_lies(explorer: latentspace.Explorer) -> None:
    for row in (3, 500, 1500):
        z = explorer.encode(row, ["left", "right"]).z
        for method, near in (("pca", 1e-2), ("tsne", 0.06)):
            points = explorer.points("joint", method)
            away = np.linalg.norm(explorer.place(z)[f"joint.{method}"] - points[row])
            assert away < near * np.ptp(points, axis=0).max()


def test_a_code_is_placed_on_those_maps_alone_that_are_named(explorer: latentspace.Explorer) -> None:
    z = explorer.encode(3, ["left", "right"]).z
    everywhere = explorer.place(z)
    assert set(everywhere) == {
        f"{space}.{method}" for space in ("joint", "left", "right") for method in ("tsne", "tsne2", "pca")
    }
    there = explorer.place(z, ["right.pca"])
    assert list(there) == ["right.pca"]
    np.testing.assert_array_equal(there["right.pca"], everywhere["right.pca"])
    with pytest.raises(NotFoundError, match=r"map left\.umap"):
        explorer.place(z, ["left.umap"])


def test_dimensions_are_ranked_by_what_scipy_says(explorer: latentspace.Explorer) -> None:
    z, target = explorer.run.embedding("joint"), DIGITS.target
    ranked = explorer.rank("association", "digit")
    f = [f_oneway(*[z[target == t, i] for t in range(10)]).statistic for i in range(z.shape[1])]
    assert [d.index for d in ranked] == np.argsort(f)[::-1].tolist()
    spread = explorer.rank("variance")
    assert [d.index for d in spread] == np.argsort(-z.var(axis=0)).tolist()
    effects = [d.effect["right"] for d in explorer.rank("effect", "right")]
    assert effects == sorted(effects, reverse=True)
    assert effects[0] > 0


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda e: e.columns(["nonsense"]), "column.missing"),
        (lambda e: e.columns(["joint.z99"]), "column.missing"),
        (lambda e: e.points("joint", "umap"), "map.missing"),
        (lambda e: e.points("private_left", "tsne"), "map.missing"),
        (lambda e: e.subject(1797), "subject.missing"),
        (lambda e: e.subject(-1), "subject.missing"),
        (lambda e: e.encode(0, []), "subject.no_recording"),
        (lambda e: e.encode(0, ["cine"]), "modality.unknown"),
        (lambda e: e.decode(np.zeros(3, np.float32)), "code.malformed"),
        (lambda e: e.decode(np.full(e.n_latent, np.nan, np.float32)), "code.malformed"),
        (lambda e: e.place(np.full(e.n_latent, 1e9, np.float32)), "code.malformed"),
        (lambda e: e.rank("effect", "cine"), "modality.unknown"),
        (lambda e: e.rank("association", "weather"), "column.missing"),
    ],
)
def test_what_is_not_there_is_said_with_a_hint(explorer: latentspace.Explorer, ask: object, code: str) -> None:
    assert callable(ask)
    with pytest.raises(LatentSpaceError) as raised:
        ask(explorer)
    assert raised.value.code == code
    assert raised.value.hint


def test_a_workspace_that_is_not_there_cannot_be_opened() -> None:
    with pytest.raises(NotFoundError, match=r"workspace\.missing"):
        latentspace.open("/nowhere")
