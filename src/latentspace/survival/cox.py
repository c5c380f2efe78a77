"""Cox's regression by lifelines, an optional package that is imported when it is first asked."""

import importlib
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64

from latentspace.errors import MissingExtraError
from latentspace.stats.following import Course


@dataclass(frozen=True, slots=True)
class Fit:
    """Logarithms of hazard ratios, one for each column, with their standard errors."""

    beta: Float64[np.ndarray, " d"]
    error: Float64[np.ndarray, " d"]


def cox(course: Course, x: Float64[np.ndarray, "n d"], ridge: float = 0.0) -> Fit | None:
    """Fit by partial likelihood, tied events as Efron; none where it has no maximum.

    Raises:
        MissingExtraError: lifelines is not installed.

    Source:
        Cox 1972; Efron 1977.
    """
    lifelines, pandas = _module("lifelines"), _module("pandas")
    columns = [f"x{i}" for i in range(x.shape[1])]
    table = pandas.DataFrame(x, columns=columns).assign(time=course.time, event=course.event)
    with _as_told(lifelines) as failures:
        try:
            found = lifelines.CoxPHFitter(penalizer=ridge).fit(table, "time", "event")
        except failures:
            return None
        beta, error = (part.to_numpy(np.float64) for part in (found.params_, found.standard_errors_))
    return Fit(beta, error) if np.isfinite(beta).all() and np.isfinite(error).all() else None


def _module(name: str) -> Any:  # noqa: ANN401 - a package that may not be installed has no type here
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(
            "survival.missing",
            where="Cox regression",
            found="the package lifelines is not installed",
            hint="Install it: `pip install 'latent-space-explorer[survival]'`.",
        ) from error


@contextmanager
def _as_told(lifelines: Any) -> Generator[tuple[type[Exception], ...], None, None]:  # noqa: ANN401 - as above
    """A fit that warns of no convergence has not converged; what else a library warns of is its own."""
    told = lifelines.exceptions
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", told.ConvergenceWarning)
        yield (told.ConvergenceError, told.ConvergenceWarning)
