"""A series of images as its headers describe it, before a single pixel is read."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaxtyping import Float64
from numpy import ndarray

from latentspace.prepare.cine import Acquired
from latentspace.readers.words import spoken


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What is known of one series.

    `key` is its SeriesInstanceUID, or its file's name; `frames` how many images it has (0: not known); `size` their
    rows and columns; `refused` why it can be no cine, or `""`; `normal` the direction across its plane and `offset_mm`
    how far along it the plane lies, where the headers say; `parts` are the positions of its images among those listed,
    or of its file. `description` is free text, which may hold a name: to be shown it is `said` or `about`.
    """

    key: str
    number: int
    description: str
    frames: int
    parts: tuple[int, ...]
    refused: str = ""
    normal: Float64[ndarray, "3"] | None = None
    offset_mm: float = 0.0
    size: tuple[int, int] = (0, 0)

    @property
    def said(self) -> str:
        """Its description in words that name nobody, or its number, or its key."""
        return spoken(self.description[:200]) or (f"series {self.number}" if self.number else self.key[:64])

    @property
    def about(self) -> str:
        """Number, description, frames and their size, in a few words."""
        frames = f"{self.frames} frames" if self.frames else "unknown frames"
        size = f" of {self.size[0]} x {self.size[1]}" if all(self.size) else ""
        words = spoken(self.description[:200])[:48]
        number = f"{self.number} " if self.number else ""
        return f"{number}{words!r} ({frames}{size})" if words else f"{number}no known words ({frames}{size})"

    def __str__(self) -> str:
        """As the report lists it."""
        refused = f"{self.refused}; " if self.refused else ""
        return f"{self.about.removesuffix(')')}; {refused}{self.key[:64]})"


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
