"""A vector beside ECG and cine, a third of the cines missing: every verb works on it, and says of whom it speaks."""

import numpy as np
import pytest

from built import Built, latentspace, modelled
from latentspace.arrays import read_rows
from latentspace.explorer import open_workspace
from latentspace.workspace import open_folder

N, SHARE = 120, "0.3"
SHORT = "steps = 40\nn_heart = 16\nn_tiles = 64\nn_rest = 64\n"
PAIRS = [(a, b) for a in ("ecg", "cine", "blood") for b in ("ecg", "cine", "blood") if a != b]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("three")
    path, config = folder / "three.ls", folder / "short.toml"
    config.write_text(SHORT)
    said = {
        "simulate": latentspace("simulate", path, "--subjects", str(N), "--without-cine", SHARE, "--blood"),
        **modelled(path, "--config", config),
    }
    return Built(path, said)


def test_info_counts_who_has_what(three: Built) -> None:
    has = three.said["info"]["modalities"]
    assert {name: has[name] for name in ("ecg", "blood", "rhythm")} == {"ecg": N, "blood": N, "rhythm": N}
    assert has["cine"] == open_folder(three.path).present("cine").sum()
    assert 0.55 * N < has["cine"] < 0.85 * N
    assert three.said["verify"]["damaged"] == []


def test_everyone_has_a_joint_code_and_nobody_one_of_what_they_lack(three: Built) -> None:
    workspace = open_folder(three.path)
    run, has = workspace.run(), workspace.present("cine")
    assert {s.name for s in run.spaces(workspace.modelled)} >= {"joint", "ecg", "cine", "blood", "private_blood"}
    for space in ("joint", "ecg", "blood", "private_blood"):
        assert np.isfinite(run.embedding(space)).all(), space
    for space in ("cine", "private_cine"):
        z = run.embedding(space)
        assert np.isfinite(z[has]).all()
        assert np.isnan(z[~has]).all()


def test_the_joint_code_of_a_person_without_a_cine_is_the_product_of_the_others(three: Built) -> None:
    """Precisions add, the prior counted once: computed here from what the modalities say."""
    workspace = open_folder(three.path)
    run, has = workspace.run(), workspace.present("cine")
    for rows, names in ((has, ("ecg", "cine", "blood")), (~has, ("ecg", "blood"))):
        mean, log_var = ([run.embedding(m, part)[rows].astype(float) for m in names] for part in ("mean", "log_var"))
        precision = [np.exp(-v) for v in log_var]
        whole = np.sum(precision, axis=0) - (len(names) - 1)
        expected = np.sum([p * m for p, m in zip(precision, mean, strict=True)], axis=0) / whole
        np.testing.assert_allclose(run.embedding("joint")[rows], expected, atol=2e-4)


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_every_pair_is_judged_on_those_who_have_both(three: Built, a: str, b: str) -> None:
    workspace = open_folder(three.path)
    both = workspace.present(a) & workspace.present(b) & (workspace.run().split(workspace.subjects()) == "held_out")
    figures = three.said["evaluate"]
    assert figures[f"retrieval.{a}_to_{b}.pool"]["value"] == both.sum()
    assert figures[f"translation.{a}_to_{b}.unexplained_variance"]["n"] == both.sum()
    assert np.isfinite(figures[f"retrieval.{a}_to_{b}.recall_at_10"]["value"])


def test_blood_values_come_back_from_their_code(three: Built) -> None:
    found = three.said["evaluate"]["reconstruction.blood.unexplained_variance"]
    assert found["n"] == round(0.2 * N)
    assert found["high"] < 0.5


def test_a_person_without_a_cine_gets_one_drawn_and_blood_in_its_own_numbers(three: Built) -> None:
    explorer = open_workspace(three.path)
    row = int(np.flatnonzero(~explorer.workspace.present("cine"))[0])
    code = explorer.encode(row, ["ecg", "cine", "blood"])
    assert np.array_equal(code.z, explorer.encode(row, ["ecg", "blood"]).z)
    drawn = explorer.decode(code.z)
    assert (drawn["cine"].shape, drawn["cine"].dtype) == ((50, 96, 96), np.uint8)
    assert drawn["cine"].std() > 5, "a heart, not a grey field"
    recorded = read_rows(explorer.workspace.recordings("blood"))
    error = np.square(drawn["blood"] - recorded[row]).mean()
    assert error < np.square(recorded.mean(axis=0) - recorded[row]).mean()
