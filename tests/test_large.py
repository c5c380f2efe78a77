"""What is done otherwise so that large cohorts and moving hands need not wait: the answers stay the same."""

import hashlib
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

import latentspace
from built import Built
from latentspace.explorer import manifold
from latentspace.explorer.aside import Aside
from latentspace.explorer.manifold import Manifold, Neighbourhood
from latentspace.measuring import areas, measured
from latentspace.modality import Axis, Modality
from latentspace.run import split
from latentspace.simulate.cine import cine
from latentspace.simulate.physiology import draw


@given(ids=st.lists(st.text(max_size=4), max_size=60), seed=st.integers(0, 99))
def test_the_split_is_that_of_people_in_the_order_of_a_hash(ids: list[str], seed: int) -> None:
    people = sorted(set(ids), key=lambda person: hashlib.sha256(f"{seed}:{person}".encode()).digest())
    held, validation = round(0.2 * len(people)), round(0.1 * len(people))
    part = dict.fromkeys(people, "train") | dict.fromkeys(people[:held], "held_out")
    part |= dict.fromkeys(people[held : held + validation], "validation")
    assert split(ids, seed=seed).tolist() == [part[person] for person in ids]


def test_density_by_a_part_of_the_cohort_still_gives_newcomers_a_uniform_centile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(manifold, "CLOUD", 800)
    z = np.random.default_rng(0).standard_normal((5000, 6)).astype(np.float32)
    cohort = Neighbourhood.of(z[:4000], [f"S{i}" for i in range(4000)])
    told = Manifold.of(cohort)
    assert told.cloud.n == 800
    assert kstest(told.centile(z[4000:]) / 100, "uniform").pvalue > 0.01
    row = int(told.cloud.rows[5])
    assert told.centile(z[[row]], cohort.person(row))[0] < told.centile(z[[row]])[0]


def test_people_keep_their_numbers_whatever_their_names() -> None:
    ids = ["b", "a", "é", "a", "Z", "b"]
    expected = np.unique(ids, return_inverse=True)[1]
    assert Neighbourhood.of(np.eye(6, dtype=np.float32), ids).people.tolist() == expected.tolist()


def test_what_was_decoded_is_kept_and_cannot_be_changed(digits: Built) -> None:
    explorer = latentspace.open(digits.path)
    z = explorer.mean(np.ones(explorer.describe().n, bool))
    first, again, other = explorer.decode(z), explorer.decode(z.copy()), explorer.decode(z + 1)
    for name, values in first.items():
        assert again[name] is values
        assert not np.array_equal(other[name], values)
        with pytest.raises(ValueError, match="read-only"):
            values[...] = 0
    first.clear()
    assert explorer.decode(z)


@pytest.fixture(scope="module")
def hearts() -> tuple[Modality, dict[str, np.ndarray]]:
    axes = (Axis(name="time", size=50), Axis(name="row", size=96), Axis(name="column", size=96))
    person = draw(1, seed=5, cohort="clinic").to_dicts()[0]
    modality = Modality(name="cine", label="MRI", axes=axes, unit="grey", role="modelled", dtype="uint8")
    return modality, {"cine": cine(person, np.random.default_rng(5))[0]}


@pytest.fixture
def aside(hearts: tuple[Modality, dict[str, np.ndarray]]) -> Iterator[Aside]:
    made = Aside((hearts[0],))
    made.start()
    yield made
    made.stop()


def test_what_is_measured_aside_is_what_is_measured_here(
    aside: Aside, hearts: tuple[Modality, dict[str, np.ndarray]]
) -> None:
    modality, recordings = hearts
    expected = measured((modality,), recordings, None)
    assert sum(m.value is not None for m in expected) > 10
    found = aside.measured(recordings, None)
    assert [(m.name, m.unit, m.reason) for m in found] == [(m.name, m.unit, m.reason) for m in expected]
    values = [m.value for m in expected if m.value is not None]
    assert [m.value for m in found if m.value is not None] == pytest.approx(values)
    np.testing.assert_array_equal(aside.areas(recordings)["cine"], areas((modality,), recordings)["cine"])


def test_a_warm_explorer_answers_as_a_cold_one(digits: Built) -> None:
    warm, cold = latentspace.open(digits.path), latentspace.open(digits.path)
    done = list(warm.warm())
    assert {"description", "mean", "density", "neighbours"} < set(done)
    assert warm.describe() == cold.describe()
    name = cold.describe().phenotypes[0].name
    assert warm.rank("association", name) == cold.rank("association", name)
    z = cold.encode(3, [m.name for m in cold.workspace.modelled]).z
    assert warm.density(z, 3) == cold.density(z, 3)
    assert warm.neighbours(z, 4, 3) == cold.neighbours(z, 4, 3)
