"""The mean code of some people is numpy's, whoever lacks a part; asked by the page as one bit for each row."""

import numpy as np
import pytest

import latentspace
from built import Built
from latentspace.errors import InputError
from latentspace.explorer import means


@pytest.fixture
def explorer(digits: Built) -> latentspace.Explorer:
    return latentspace.open(digits.path)


def by_hand(explorer: latentspace.Explorer, chosen: np.ndarray) -> np.ndarray:
    parts = [explorer.run.embedding(part.space)[chosen].astype(np.float64) for part in explorer.describe().layout]
    return np.concatenate([np.nanmean(part, axis=0) for part in parts])


@pytest.mark.parametrize("held", [0, 1 << 30])
def test_the_mean_code_is_that_of_numpy_block_by_block(
    explorer: latentspace.Explorer, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(means, "BLOCK", 100)
    monkeypatch.setattr(means, "HELD_BYTES", held)
    rng = np.random.default_rng(3)
    for share in (0.01, 0.5, 1.0):
        chosen = rng.random(explorer.describe().n) < share
        np.testing.assert_allclose(explorer.mean(chosen), by_hand(explorer, chosen), rtol=1e-4, atol=1e-6)


def test_nobody_has_the_code_of_the_prior(explorer: latentspace.Explorer) -> None:
    assert not explorer.mean(np.zeros(explorer.describe().n, bool)).any()


def test_bits_that_are_not_of_these_rows_are_refused(explorer: latentspace.Explorer) -> None:
    n = explorer.describe().n
    filled = np.unpackbits(np.packbits(np.ones(n, bool))).astype(bool)
    np.testing.assert_array_equal(explorer.mean(filled), explorer.mean(np.ones(n, bool)))
    for wrong in (n - 1, n + 8):
        with pytest.raises(InputError, match=r"mean\.rows"):
            explorer.mean(np.ones(wrong, bool))
