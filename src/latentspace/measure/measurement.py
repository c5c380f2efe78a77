"""One number read from a recording, or the reason why there is none."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """`name` as in the data dictionary, `label` for people; `value` in `unit`, or None with a `reason`."""

    name: str
    label: str
    value: float | None
    unit: str
    reason: str = ""
