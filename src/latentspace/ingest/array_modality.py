"""A modality whose recordings are arrays in files: what the modalities file says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from latentspace.errors import InputError
from latentspace.modality import Axis, Modality

Stored = Literal["float32", "uint8"]
Role = Literal["modelled", "display"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayModality:
    """One array for each person: the rows of one `file`, or, where its name holds `{subject}`, a file for each.

    `key` names the array in a file of several, `ids` there the array of the people's ids; without it, rows are those of
    the table in its order.
    """

    name: str
    label: str
    file: str
    axes: tuple[Axis, ...]
    unit: str = "1"
    key: str = ""
    ids: str = ""
    dtype: Stored = "float32"
    role: Role = "modelled"

    @property
    def each(self) -> bool:
        """Whether each person has a file."""
        return "{subject}" in self.file

    def named(self, subject: str, visit: str) -> str:
        """The name of a person's file."""
        return self.file.replace("{subject}", subject).replace("{visit}", visit)

    def modality(self, shape: tuple[int, ...]) -> Modality:
        """As the workspace stores it, with the sizes that the files have.

        Raises:
            InputError: another number of axes, or of labels.
        """
        sized = tuple(
            Axis(name=a.name, size=n, step=a.step, unit=a.unit, origin=a.origin, labels=a.labels)
            for a, n in zip(self.axes, shape, strict=False)
        )
        if len(shape) != len(self.axes) or any(a.labels and len(a.labels) != a.size for a in sized):
            axes = ", ".join(f"{a.name} ({len(a.labels) or 'any'})" for a in self.axes)
            found, hint = f"has arrays of shape {shape}; its axes are {axes}", "Name an axis for each dimension."
            raise InputError("array.axes", where=self.name, found=found, hint=hint)
        return Modality(name=self.name, label=self.label, axes=sized, unit=self.unit, role=self.role, dtype=self.dtype)


def read_array_modality(row: Mapping[str, Any]) -> ArrayModality:
    """A `[[modality]]` of kind `array`.

    Raises:
        ValueError, KeyError, TypeError: a field that is unknown or missing, or has a value that it cannot have.
    """
    if unknown := sorted(set(row) - {"kind", *(field.name for field in fields(ArrayModality))}):
        message = f"[[modality]]: field {unknown[0]!r} is not known"
        raise ValueError(message)
    dtype, role = row.get("dtype", "float32"), row.get("role", "modelled")
    if dtype not in get_args(Stored) or role not in get_args(Role) or not row["axes"]:
        message = f"modality {row['name']}: `dtype` is float32 or uint8, `role` modelled or display, `axes` a list"
        raise ValueError(message)
    texts = {key: str(row[key]) for key in ("unit", "key", "ids") if key in row}
    return ArrayModality(
        name=row["name"],
        label=str(row.get("label", row["name"])),
        file=str(row["file"]),
        axes=tuple(_axis(axis) for axis in row["axes"]),
        dtype=dtype,
        role=role,
        **texts,
    )


def _axis(row: Mapping[str, Any]) -> Axis:
    if unknown := sorted(set(row) - {"name", "step", "unit", "origin", "labels"}):
        message = f"axes: field {unknown[0]!r} is not known"
        raise ValueError(message)
    return Axis(
        name=str(row["name"]),
        size=0,
        step=float(row.get("step", 1.0)),
        unit=str(row.get("unit", "1")),
        origin=float(row.get("origin", 0.0)),
        labels=tuple(str(label) for label in row.get("labels", ())),
    )
