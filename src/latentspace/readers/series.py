"""A series of images as its headers describe it, before a single pixel is read."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float64
from numpy import ndarray

from latentspace.prepare.cine import Acquired


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What is known of one series.

    `key` is its SeriesInstanceUID, or its file's name; `frames` how many images it has; `refused` why it can be no
    cine, or `""`; `normal` the direction across its plane and `offset_mm` how far along it the plane lies, where the
    headers say; `parts` are the positions of its images among those listed, or of its file.
    """

    key: str
    number: int
    description: str
    frames: int
    parts: tuple[int, ...]
    refused: str = ""
    normal: Float64[ndarray, "3"] | None = None
    offset_mm: float = 0.0

    def __str__(self) -> str:
        """As the report lists it."""
        number = f"{self.number} " if self.number else ""
        refused = f", {self.refused}" if self.refused else ""
        return f"{number}{self.description[:40]!r} ({self.frames} frames{refused}; {self.key[:64]})"


@dataclass(frozen=True, slots=True)
class Note:
    """Something odd that does not stop the reading: the code and reason of a line of the report."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cine:
    """Frames with their times and place, and what was odd; `timed` is whether the RR interval is known."""

    acquired: Acquired
    notes: Sequence[Note]
    timed: bool = True
