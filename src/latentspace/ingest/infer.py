"""A dictionary for a table that has none: kinds guessed from the cells, and said in the report."""

from collections.abc import Collection, Sequence

import polars as pl

from latentspace.phenotype import Dictionary, Phenotype

MAX_LEVELS, MIN_SHARE_OF_NUMBERS = 20, 0.9
BOOLEAN = ({"0", "1"}, {"false", "true"}, {"no", "yes"}, {"n", "y"})


def infer_dictionary(frame: pl.DataFrame, used: Collection[str]) -> tuple[Dictionary, dict[str, str]]:
    """Phenotypes for the columns that can be drawn, and for each other column why it is left out.

    Numbers, booleans and texts of few levels are kept. Free text, dates and names are not: who wants them declares
    them. `used` are the columns that say who, when and which file.
    """
    phenotypes: list[Phenotype] = []
    left_out: dict[str, str] = {}
    for name in frame.columns:
        found = "names the row" if name in used else infer_kind(name, frame[name].drop_nulls().to_list())
        if isinstance(found, str):
            left_out[name] = found
        else:
            phenotypes.append(found)
    return Dictionary(tuple(phenotypes)), left_out


def infer_kind(name: str, cells: Sequence[str]) -> Phenotype | str:
    """The phenotype that cells without an empty one look like, or why they are none."""
    levels = sorted(set(cells))
    if len(levels) < 2:
        return "empty or the same in every row"
    if {level.lower() for level in levels} in BOOLEAN:
        return Phenotype(name=name, label=name, kind="boolean")
    numbers = [number for number in map(_number, cells) if number is not None]
    if len(numbers) >= MIN_SHARE_OF_NUMBERS * len(cells):
        whole = all(number.is_integer() for number in numbers)
        return Phenotype(name=name, label=name, kind="count" if whole else "continuous")
    if len(levels) <= MAX_LEVELS and len(levels) <= len(cells) / 2:
        return Phenotype(name=name, label=name, kind="nominal", levels=tuple(levels))
    return "free text, dates or ids; declare it in a dictionary to keep it"


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None
