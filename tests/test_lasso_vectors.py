"""The lasso of the page and of Python agree: both are held to the same vectors (frontend/src/lib/lasso.test.ts)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latentspace import groups

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors" / "lasso.json").read_text())


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: case["name"])
def test_points_are_inside_as_exact_arithmetic_says(case: dict[str, Any]) -> None:
    points = np.array([[np.nan if v is None else v for v in point] for point in case["points"]], np.float64)
    polygon = np.array(case["polygon"], np.float64).reshape(-1, 2)
    np.testing.assert_array_equal(groups.inside(points.reshape(-1, 2), polygon), np.array(case["inside"], bool))


def test_every_point_of_the_vectors_is_a_float32_as_the_page_holds_it() -> None:
    values = [v for case in VECTORS for point in case["points"] for v in point if v is not None]
    assert all(float(np.float32(v)) == v for v in values)
