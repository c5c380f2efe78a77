"""A contact sheet: the middle frame of every series among which somebody must choose, and the line that chooses it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Real, UInt8

from latentspace.artifact import replace_file
from latentspace.errors import InputError, MissingExtraError
from latentspace.ingest.cines import CineJob
from latentspace.readers.series import Series

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

WIDE, HIGH, TEXT, MARGIN, ACROSS, MOST_FILES = 440, 300, 78, 16, 3, 40  # pixels; tiles in a row; files on a sheet
INK, PALE, PAPER = (20, 24, 28), (96, 104, 112), (255, 255, 255)
LINE = 56  # characters
LARGEST = 512  # pixels to a side that leave the child


@dataclass(frozen=True, slots=True)
class Candidate:
    """One series: what it is, the line of a series map that takes it, and its middle frame (None: not readable)."""

    about: str
    line: str
    frame: UInt8[np.ndarray, "rows columns"] | None


def candidate(job: CineJob, series: Series, frame: Real[np.ndarray, "rows columns"] | None) -> Candidate:
    """One series of a job, its frame in 256 steps of grey from the 1st to the 99th percentile."""
    return Candidate(series.about, f"{series.key},{job.view}", None if frame is None else _grey(frame))


def without_frames(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The same, without pictures."""
    return tuple(replace(one, frame=None) for one in candidates)


def write_sheet(path: Path, doubts: Mapping[str, Sequence[Candidate]]) -> None:
    """Draw the candidates of every file, a file to a row or more, and write a PNG.

    Raises:
        MissingExtraError: Pillow is not installed.
        InputError: the picture cannot be written there.
    """
    from PIL import Image, ImageDraw  # noqa: PLC0415 - of an extra

    rows = [
        (name if i == 0 else "", tuple(tiles[i : i + ACROSS]))
        for name, tiles in list(doubts.items())[:MOST_FILES]
        for i in range(0, len(tiles), ACROSS)
    ]
    step = HIGH + TEXT + 2 * MARGIN
    picture = Image.new("RGB", (ACROSS * (WIDE + MARGIN) + MARGIN, len(rows) * step + 3 * MARGIN), PAPER)
    draw = ImageDraw.Draw(picture)
    more = f"; {len(doubts) - MOST_FILES} more files are not shown" if len(doubts) > MOST_FILES else ""
    _say(draw, (MARGIN, 8), f"Copy the line under the right picture into series_map.csv{more}", INK)
    for row, (name, tiles) in enumerate(rows):
        top = 2 * MARGIN + row * step
        _say(draw, (MARGIN, top), name[:100], INK)
        for column, tile in enumerate(tiles):
            left = MARGIN + column * (WIDE + MARGIN)
            if tile.frame is not None:
                image = Image.fromarray(tile.frame)
                image.thumbnail((WIDE, HIGH))
                scale = min(WIDE / image.width, HIGH / image.height)
                picture.paste(image.resize((int(image.width * scale), int(image.height * scale))), (left, top + 20))
            _say(draw, (left, top + HIGH + 26), tile.about, INK)
            for line, part in enumerate(_broken(tile.line)):
                _say(draw, (left, top + HIGH + 44 + 16 * line), part, PALE)
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    try:
        replace_file(path, buffer.getvalue())
    except OSError as error:
        found = f"cannot be written ({error.strerror or error})"
        raise InputError("sheet.unwritable", where=str(path), found=found, hint="Name another file.") from error


def need() -> None:
    """Say what to install, before anything is read.

    Raises:
        MissingExtraError: Pillow is not installed.
    """
    if find_spec("PIL") is None:
        found, hint = "Pillow is not installed", "Run `pip install 'latent-space-explorer[formats]'`."
        raise MissingExtraError("extra.formats", where="--contact-sheet", found=found, hint=hint)


def _say(draw: "ImageDraw", place: tuple[int, int], text: str, colour: tuple[int, int, int]) -> None:
    from PIL import ImageFont  # noqa: PLC0415 - of an extra

    draw.text(place, text, fill=colour, font=ImageFont.load_default(13))


def _broken(line: str) -> tuple[str, ...]:
    """In two where it is wider than a tile, after a dot of the UID."""
    if len(line) <= LINE:
        return (line,)
    at = line.rfind(".", 0, LINE) + 1 or LINE
    return line[:at], line[at:]


def _grey(frame: Real[np.ndarray, "rows columns"]) -> UInt8[np.ndarray, "rows2 columns2"]:
    every = max(1, -(-max(frame.shape) // LARGEST))
    small = frame[::every, ::every].astype(np.float64)
    low, high = np.percentile(small, [1, 99])
    return np.clip((small - low) * (255 / max(high - low, 1e-9)), 0, 255).astype(np.uint8)
