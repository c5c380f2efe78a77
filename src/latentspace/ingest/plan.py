"""The modalities file (TOML): what makes a modality, which columns tie table and files, what is derived."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from latentspace.errors import InputError, NotFoundError
from latentspace.ingest.array_modality import ArrayModality, read_array_modality
from latentspace.ingest.conditions import FromIcd10, read_conditions
from latentspace.modality import CINE, Axis, Modality
from latentspace.prepare.beat import ORIGIN_S, SIZE, STEP_S
from latentspace.prepare.leads import STANDARD, standard_name
from latentspace.prepare.pose import PIXEL_MM
from latentspace.prepare.resample import RATE_HZ

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
HINT = "See docs/guide/ingest for the fields, and examples/ptbxl/modalities.toml for a whole file."


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadModality:
    """Some leads of each record: their median beat (modelled) or the first `seconds` as recorded (display)."""

    name: str
    label: str
    leads: tuple[str, ...]
    signal: Literal["beat", "strip"] = "beat"
    seconds: float = 10.0

    @property
    def modality(self) -> Modality:
        """As the workspace stores it: (lead, time) in mV."""
        lead = Axis(name="lead", size=len(self.leads), labels=self.leads)
        if self.signal == "beat":
            time = Axis(name="time", size=SIZE, step=STEP_S, unit="s", origin=ORIGIN_S)
            return Modality(name=self.name, label=self.label, axes=(lead, time), unit="mV")
        time = Axis(name="time", size=round(self.seconds * RATE_HZ), step=STEP_S, unit="s")
        return Modality(name=self.name, label=self.label, axes=(lead, time), unit="mV", role="display")


@dataclass(frozen=True, slots=True, kw_only=True)
class CineModality:
    """One view of the beating heart; `series_map` is a table beside the modalities file that names its series."""

    name: str
    label: str
    view: Literal["4ch"] = "4ch"
    series_map: str = ""

    @property
    def modality(self) -> Modality:
        """As the workspace stores it: (phase, row, column) in 256 steps of grey."""
        frames, rows, columns = CINE
        time = Axis(name="time", size=frames, step=1 / frames, unit="RR")
        row, column = (Axis(name=n, size=s, step=PIXEL_MM, unit="mm") for n, s in (("row", rows), ("column", columns)))
        return Modality(name=self.name, label=self.label, axes=(time, row, column), unit="grey", dtype="uint8")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumns:
    """Which columns of the table say who, when and in which file or folder; `""` is none.

    `ids` is how an ECG without such a column is tied to a person: by its `name`, or by the id that stands `inside` it.
    """

    subject: str = "subject_id"
    visit: str = ""
    file: str = ""
    cine: str = ""
    ids: str = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeClass:
    """One class of codes: a boolean phenotype that is true where any of its codes is."""

    value: str
    name: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FromCodes:
    """Boolean phenotypes from a column of codes, through a second table that says the class of each code.

    The column holds `{'CODE': likelihood, ...}` or codes between commas, semicolons or spaces. Only rows of the second
    table with the values of `where` count, and only codes of at least `min_likelihood`.
    """

    column: str
    table: str
    code: str
    group: str
    where: Mapping[str, str]
    classes: tuple[CodeClass, ...]
    min_likelihood: float = 0.0
    section: str = "Diagnosis"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that the modalities file says; `folder` is where it lies."""

    title: str
    table: TableColumns
    modalities: tuple[LeadModality | CineModality, ...]
    derive: tuple[FromCodes, ...]
    folder: Path
    conditions: tuple[FromIcd10, ...] = ()
    arrays: tuple[ArrayModality, ...] = ()

    @property
    def leads(self) -> tuple[LeadModality, ...]:
        """Those that come from an ECG."""
        return tuple(m for m in self.modalities if isinstance(m, LeadModality))

    @property
    def cine(self) -> CineModality | None:
        """The one that comes from images, if there is one."""
        return next((m for m in self.modalities if isinstance(m, CineModality)), None)

    def with_series_map(self, path: Path) -> "Plan":
        """The same, with this series map."""
        mapped = str(path.absolute())
        each = (replace(m, series_map=mapped) if isinstance(m, CineModality) else m for m in self.modalities)
        return replace(self, modalities=tuple(each))


DEFAULT = Plan(
    title="",
    table=TableColumns(),
    modalities=(LeadModality(name="ecg", label="12-lead ECG", leads=STANDARD), CineModality(name="cine", label="MRI")),
    derive=(),
    folder=Path(),
)


def read_plan(path: Path) -> Plan:
    """Read a modalities file.

    Raises:
        NotFoundError: no such file.
        InputError: not TOML, an unknown or missing field, a lead that is none of the twelve, a name given twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        found = f"cannot be read ({error.strerror})"
        raise NotFoundError("modalities.missing", where=str(path), found=found, hint="Check --modalities.") from error
    except UnicodeDecodeError as error:
        raise _bad(path, "is not UTF-8") from error
    try:
        return _plan(tomllib.loads(text), path)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        reason = f"lacks the field {error}" if isinstance(error, KeyError) else str(error)
        raise _bad(path, reason) from error


def _plan(content: dict[str, Any], path: Path) -> Plan:
    _known(content, ("title", "table", "modality", "derive"), "the file")
    rows = content["modality"]
    arrays = tuple(read_array_modality(row) for row in rows if row.get("kind") == "array")
    modalities = tuple(_modality(row) for row in rows if row.get("kind") != "array")
    if arrays and modalities:
        message = "arrays need a modalities file of their own, without ECGs and cines"
        raise ValueError(message)
    derived = content.get("derive", [])
    derive = tuple(_from_codes(row) for row in derived if row["kind"] != "icd10")
    conditions = tuple(read_conditions(row) for row in derived if row["kind"] == "icd10")
    _once([_name(m.name) for m in (*modalities, *arrays)])
    if sum(isinstance(m, CineModality) for m in modalities) > 1:
        message = "only one [[modality]] may be a cine"
        raise ValueError(message)
    _once([_name(c.name) for d in (*derive, *conditions) for c in d.classes])
    return Plan(
        title=str(content.get("title", "")),
        table=_table(content.get("table", {})),
        modalities=modalities,
        derive=derive,
        folder=path.parent,
        conditions=conditions,
        arrays=arrays,
    )


def _modality(row: dict[str, Any]) -> LeadModality | CineModality:
    kind = row.get("kind", "ecg")
    if kind not in ("ecg", "cine"):
        message = f"[[modality]]: kind {str(kind)[:40]!r} is not known, only ecg, cine and array are"
        raise ValueError(message)
    return _leads(row) if kind == "ecg" else _cine(row)


def _cine(row: dict[str, Any]) -> CineModality:
    _known(row, ["kind", *(field.name for field in fields(CineModality))], "[[modality]]")
    name, view = _name(row["name"]), row.get("view", "4ch")
    if view != "4ch":
        message = f"modality {name}: view {str(view)[:40]!r} is not known, only 4ch is"
        raise ValueError(message)
    return CineModality(name=name, label=str(row.get("label", name)), series_map=str(row.get("series_map", "")))


def _leads(row: dict[str, Any]) -> LeadModality:
    _known(row, ["kind", *(field.name for field in fields(LeadModality))], "[[modality]]")
    name = _name(row["name"])
    leads = tuple(standard_name(str(lead)) for lead in row["leads"])
    if not leads or set(leads) - set(STANDARD) or len(set(leads)) < len(leads):
        message = f"modality {name}: `leads` must be some of {', '.join(STANDARD)}, each once"
        raise ValueError(message)
    signal, seconds = row.get("signal", "beat"), float(row.get("seconds", 10.0))
    if signal not in ("beat", "strip") or not 1 <= seconds <= 60:
        message = f"modality {name}: `signal` must be beat or strip, `seconds` between 1 and 60"
        raise ValueError(message)
    return LeadModality(name=name, label=str(row.get("label", name)), leads=leads, signal=signal, seconds=seconds)


def _table(row: dict[str, Any]) -> TableColumns:
    _known(row, [field.name for field in fields(TableColumns)], "[table]")
    if row.get("ids", "name") not in ("name", "inside"):
        message = "[table]: `ids` is name or inside"
        raise ValueError(message)
    return TableColumns(**{key: str(value) for key, value in row.items()})


def _from_codes(row: dict[str, Any]) -> FromCodes:
    allowed = [field.name for field in fields(FromCodes)]
    _known(row, [*allowed, "kind"], "[[derive]]")
    if row["kind"] != "from-codes":
        message = f"[[derive]]: kind {row['kind']!r} is not known, only from-codes and icd10 are"
        raise ValueError(message)
    classes = tuple(
        CodeClass(value=str(c["value"]), name=_name(c["name"]), label=str(c.get("label", c["name"])))
        for c in row["classes"]
    )
    return FromCodes(
        column=str(row["column"]),
        table=str(row["table"]),
        code=str(row.get("code", "")),
        group=str(row["group"]),
        where={str(key): str(value) for key, value in row.get("where", {}).items()},
        classes=classes,
        min_likelihood=float(row.get("min_likelihood", 0.0)),
        section=str(row.get("section", "Diagnosis")),
    )


def _name(value: object) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        message = f"name {str(value)[:40]!r} must be lower-case letters, digits and underscores"
        raise ValueError(message)
    return value


def _known(row: dict[str, Any], allowed: Sequence[str], where: str) -> None:
    if unknown := sorted(set(row) - set(allowed)):
        message = f"{where}: field {unknown[0]!r} is not known, only {', '.join(allowed)}"
        raise ValueError(message)


def _once(names: list[str]) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        message = f"the name {twice[0]!r} is given twice"
        raise ValueError(message)


def _bad(path: Path, found: str) -> InputError:
    return InputError("modalities.malformed", where=str(path), found=found, hint=HINT)
