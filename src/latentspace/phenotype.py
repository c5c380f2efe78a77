"""Phenotype and Dictionary: what is known of each subject besides the recordings, and how to read it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from latentspace.errors import InputError

Kind = Literal["continuous", "count", "ordinal", "nominal", "boolean", "date", "time_to_event"]
NUMERIC: tuple[Kind, ...] = ("continuous", "count", "date", "time_to_event")
LATER = "Follow-up"  # section of what happened after the recording: it neither predicts nor teaches


@dataclass(frozen=True, slots=True, kw_only=True)
class Phenotype:
    """One column of the subjects table.

    `levels` are the texts of an ordinal, nominal or boolean phenotype, in display order; `codes` are the same
    levels as the source table writes them (`0`, `1` for `Man`, `Woman`). `section` is the heading on the page.
    `missing` lists source values that mean "not known", `range` the plausible bounds (values outside are
    reported and dropped). `event` is of a time to an event alone: the name of the boolean phenotype that says
    whether the event came at that time, or the person was only followed so long.
    """

    name: str
    label: str
    kind: Kind
    unit: str = ""
    section: str = "Phenotypes"
    levels: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    range: tuple[float, float] | None = None
    sensitive: bool = False
    event: str = ""

    @property
    def numeric(self) -> bool:
        """Drawn as a histogram (else as bars)."""
        return self.kind in NUMERIC


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The data dictionary: phenotypes in display order."""

    phenotypes: tuple[Phenotype, ...]

    def __iter__(self) -> Iterator[Phenotype]:
        """In display order."""
        return iter(self.phenotypes)

    def __contains__(self, name: str) -> bool:
        """Whether a phenotype of this name is declared."""
        return any(p.name == name for p in self.phenotypes)

    def __getitem__(self, name: str) -> Phenotype:
        """The phenotype of that name.

        Raises:
            KeyError: no such phenotype.
        """
        for phenotype in self.phenotypes:
            if phenotype.name == name:
                return phenotype
        raise KeyError(name)

    @property
    def timed(self) -> tuple[Phenotype, ...]:
        """The times to an event."""
        return tuple(p for p in self.phenotypes if p.kind == "time_to_event")

    def later(self, name: str) -> bool:
        """Whether a phenotype tells what happened after the recording: it neither predicts nor teaches."""
        return self[name].section == LATER or any(name in {p.name, p.event} for p in self.timed)

    def to_json(self) -> str:
        """Text of phenotypes.json."""
        return json.dumps([_written(p) for p in self.phenotypes], indent=1, ensure_ascii=False)


def parse_dictionary(text: str, *, where: str) -> Dictionary:
    """Read phenotypes.json.

    Raises:
        InputError: not JSON, an unknown field or kind, or a name given twice.
    """
    try:
        rows: list[dict[str, Any]] = json.loads(text)
        phenotypes = tuple(_phenotype(row) for row in rows)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            "dictionary.unreadable",
            where=where,
            found=f"not a data dictionary ({error})",
            hint="Give a JSON list of {name, label, kind, unit, section, levels, codes, missing, range, event}.",
        ) from error
    names = [p.name for p in phenotypes]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise InputError(
            "dictionary.twice", where=where, found=f"{', '.join(twice)} declared twice", hint="Keep one entry each."
        )
    dictionary = Dictionary(phenotypes)
    for time in dictionary.timed:
        if time.event not in dictionary or dictionary[time.event].kind != "boolean":
            raise InputError(
                "dictionary.event",
                where=where,
                found=f"{time.name} is a time to an event, and its event {time.event!r} is no boolean phenotype",
                hint="Say `event`: the name of the yes/no column that tells whether the event came at that time.",
            )
    return dictionary


def read_dictionary(path: Path) -> Dictionary:
    """Read a dictionary file (JSON).

    Raises:
        InputError: it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "dictionary.unreadable",
            where=str(path),
            found=f"cannot be read ({error})",
            hint="Give the path of a UTF-8 JSON file.",
        ) from error
    return parse_dictionary(text, where=str(path))


def _written(phenotype: Phenotype) -> dict[str, Any]:
    """As plain data; without `event` where there is none, so that files of before stay the same byte for byte."""
    fields = asdict(phenotype)
    if not phenotype.event:
        del fields["event"]
    return fields


def _phenotype(row: dict[str, Any]) -> Phenotype:
    if row.get("kind") not in get_args(Kind):
        message = f"{row.get('name', '?')}: kind must be one of {', '.join(get_args(Kind))}"
        raise ValueError(message)
    row = {"label": row.get("name", ""), **row}
    lists = {key: tuple(str(v) for v in row[key]) for key in ("levels", "codes", "missing") if key in row}
    bounds = row.get("range")
    low_high = None if bounds is None else (float(bounds[0]), float(bounds[1]))
    read: dict[str, Any] = row | lists | {"range": low_high}
    return Phenotype(**read)
