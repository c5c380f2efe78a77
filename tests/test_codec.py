"""ONNX Runtime behind numpy: any subset in, NaN where nothing is known, wrong shapes named."""

from pathlib import Path

import numpy as np
import pytest

from foreign_run import LOG_VAR, N_PRIVATE, N_SHARED, foreign_run
from latentspace.arrays import read_rows
from latentspace.codec import OnnxCodec
from latentspace.errors import InputError, NotFoundError
from latentspace.latent import fuse
from latentspace.run import Run
from latentspace.workspace import Workspace


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Run]:
    return foreign_run(tmp_path_factory.mktemp("codec"))


@pytest.fixture
def codec(built: tuple[Workspace, Run]) -> OnnxCodec:
    return OnnxCodec(built[1], built[0].modalities)


def test_any_subset_encodes_and_the_joint_of_one_is_its_own_posterior(
    built: tuple[Workspace, Run], codec: OnnxCodec
) -> None:
    a, b = (read_rows(built[0].recordings(m), slice(4)) for m in "ab")
    alone = codec.encode({"a": a})
    assert set(alone) == {"joint", "a", "private_a"}
    np.testing.assert_allclose(alone["joint"].mean, alone["a"].mean, rtol=1e-5)
    both = codec.encode({"a": a, "b": b})
    expected = fuse([both["a"], both["b"]])
    np.testing.assert_array_equal(both["joint"].mean, expected.mean)
    precision = 2 * np.exp(-LOG_VAR) - 1  # the prior is counted once
    np.testing.assert_allclose(both["joint"].log_var, -np.log(precision), rtol=1e-5)


def test_a_recording_with_nan_is_missing_in_its_row_only(built: tuple[Workspace, Run], codec: OnnxCodec) -> None:
    a, b = (read_rows(built[0].recordings(m), slice(4)).copy() for m in "ab")
    b[2, 3] = np.nan
    spaces = codec.encode({"a": a, "b": b})
    assert np.isnan(spaces["b"].mean).all(axis=1).tolist() == [False, False, True, False]
    np.testing.assert_allclose(spaces["joint"].mean[2], spaces["a"].mean[2], rtol=1e-5)
    b[:] = np.nan
    nothing = codec.encode({"b": b})
    assert np.isnan(nothing["joint"].mean).all()


def test_decoding_takes_the_shared_and_the_own_private_part_only(codec: OnnxCodec) -> None:
    z = np.random.default_rng(0).standard_normal((3, N_SHARED + 2 * N_PRIVATE)).astype(np.float32)
    drawn = codec.decode(z, "a")
    z[:, N_SHARED + N_PRIVATE :] += 5  # what only b knows
    np.testing.assert_array_equal(codec.decode(z, "a"), drawn)
    z[:, N_SHARED] += 5
    assert np.abs(codec.decode(z, "a") - drawn).max() > 0.1


@pytest.mark.parametrize("shape", [(2, 3), (4,), (1, 99)])
def test_a_code_of_another_length_is_named(codec: OnnxCodec, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="codes of shape"):
        codec.decode(np.zeros(shape, np.float32), "a")


def test_recordings_of_another_shape_or_modality_are_named(built: tuple[Workspace, Run], codec: OnnxCodec) -> None:
    a = read_rows(built[0].recordings("a"), slice(2))
    for wrong in ({"a": a[:, :5]}, {"c": a}, {"a": a, "b": a[:1]}, {}):
        with pytest.raises(InputError):
            codec.encode(wrong)


def test_a_run_without_encoders_says_which_verb_writes_them(tmp_path: Path, built: tuple[Workspace, Run]) -> None:
    empty = Run(tmp_path)
    empty.update(n_shared=N_SHARED, n_private=dict.fromkeys("ab", N_PRIVATE))
    with pytest.raises(NotFoundError, match="latentspace train"):
        OnnxCodec(empty, built[0].modalities).encode({"a": read_rows(built[0].recordings("a"), slice(2))})
