"""Phenotype columns as the page gets them: numbers, levels, dates and texts, and what is not known."""

from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from latentspace.columns import Columns, text_arrays
from latentspace.errors import NotFoundError
from latentspace.phenotype import Dictionary, Phenotype

COLUMNS = Columns(
    pl.DataFrame(
        {
            "age": [63.5, None, 41.0],
            "children": [2, 0, None],
            "smoker": [True, None, False],
            "sex": ["woman", "man", None],
            "born": [date(1970, 1, 2), None, date(1969, 12, 31)],
        }
    ),
    Dictionary(
        (
            Phenotype(name="age", label="Age", kind="continuous", unit="years"),
            Phenotype(name="children", label="Children", kind="count"),
            Phenotype(name="smoker", label="Smoker", kind="boolean"),
            Phenotype(name="sex", label="Sex", kind="nominal", levels=("man", "woman")),
            Phenotype(name="born", label="Born", kind="date"),
        )
    ),
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("age", np.array([63.5, np.nan, 41], np.float32)),
        ("children", np.array([2, 0, np.nan], np.float32)),
        ("born", np.array([1, np.nan, -1], np.float32)),
        ("smoker", np.array([1, -1, 0], np.int16)),
        ("sex", np.array([1, 0, -1], np.int16)),
    ],
)
def test_a_column_has_its_type_and_its_own_sign_of_what_is_not_known(name: str, expected: np.ndarray) -> None:
    values = COLUMNS.values(name)
    assert values.dtype == expected.dtype
    np.testing.assert_array_equal(values, expected)


def test_only_what_has_levels_says_them() -> None:
    assert COLUMNS.levels("smoker") == ("No", "Yes")
    assert COLUMNS.levels("sex") == ("man", "woman")
    assert COLUMNS.levels("age") == COLUMNS.levels("weather") == ()


def test_a_column_that_is_no_phenotype_is_refused_even_if_the_table_has_it() -> None:
    bare = Columns(COLUMNS.subjects, Dictionary(()))
    with pytest.raises(NotFoundError, match=r"column\.missing"):
        bare.values("age")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_texts_of_any_script_come_back(texts: list[str]) -> None:
    arrays = text_arrays("who", texts)
    whole, offsets = arrays["who.text"].tobytes(), arrays["who.offsets"]
    assert [whole[a:b].decode() for a, b in pairwise(offsets)] == texts


def test_yes_and_no_are_the_levels_of_a_condition_whose_dictionary_names_none() -> None:
    levels = {p.name: p.levels for p in COLUMNS.phenotypes}
    assert levels == {"age": (), "children": (), "smoker": ("No", "Yes"), "sex": ("man", "woman"), "born": ()}
