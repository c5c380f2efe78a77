"""The embedding of every subject in every space."""

from pathlib import Path

import numpy as np

from foreign_run import N_PRIVATE, N_SHARED, N, foreign_run
from latentspace import embed
from latentspace.arrays import Waiting, read_rows, write_arrays
from latentspace.artifact import content_hash
from latentspace.codec import OnnxCodec
from latentspace.latent import fuse
from latentspace.progress import silent


def test_every_space_is_there_with_nan_where_a_modality_is_missing(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path, missing=3)
    for space in run.spaces(workspace.modalities):
        dims = N_PRIVATE if space.name.startswith("private") else N_SHARED
        mean, log_var = run.embedding(space.name), run.embedding(space.name, "log_var")
        assert mean.shape == log_var.shape == (N, dims)
        absent = space.name in ("b", "private_b")
        assert np.isnan(mean).any(axis=1).tolist() == [absent and i < 3 for i in range(N)]
    np.testing.assert_allclose(run.embedding("joint")[:3], run.embedding("a")[:3], rtol=1e-5)


def test_batches_change_nothing(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    codec = OnnxCodec(run, workspace.modalities)
    whole = codec.encode({m: read_rows(workspace.recordings(m)) for m in "ab"})
    before = embed.BATCH
    embed.BATCH = 7
    try:
        embed.embed(workspace, run, silent)
    finally:
        embed.BATCH = before
    np.testing.assert_allclose(run.embedding("joint"), fuse([whole["a"], whole["b"]]).mean, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(run.embedding("private_b"), whole["private_b"].mean, rtol=1e-4, atol=1e-5)


def test_codes_that_wait_on_disk_in_any_order_are_written_as_if_they_had_been_in_memory(tmp_path: Path) -> None:
    whole = np.random.default_rng(0).standard_normal((10, 3)).astype(np.float32)
    waiting = Waiting(tmp_path / "codes", whole.shape, whole.dtype)
    for first in (4, 8, 0):
        waiting.put(first, whole[first : first + 4].astype(np.float64))
    np.testing.assert_array_equal(waiting[:], whole)
    np.testing.assert_array_equal(waiting[3:7], whole[3:7])
    for name, rows in (("disk", waiting), ("memory", whole)):
        write_arrays(tmp_path / name, {"a/b": rows}, dimensions={"a/b": ("row", "dim")})
    assert content_hash(tmp_path / "disk") == content_hash(tmp_path / "memory")


def test_an_embedding_leaves_nothing_beside_also_of_one_that_was_killed(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path)
    (run.path / ".codes.99999999.partial").mkdir()
    embed.embed(workspace, run, silent)
    assert [path.name for path in run.path.iterdir() if path.name.startswith(".")] == []


def test_a_run_of_before_has_one_private_width_for_all(tmp_path: Path) -> None:
    workspace, run = foreign_run(tmp_path / "w.ls")
    now = run.spaces(workspace.modalities)
    run.update(n_private=N_PRIVATE)
    assert run.spaces(workspace.modalities) == now
