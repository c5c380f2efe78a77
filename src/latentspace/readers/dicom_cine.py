"""DICOM series of a folder or zip as cines: only the tags listed here are read, each size checked before its pixels."""

import logging
import struct
import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32, Float64

from latentspace.errors import InputError, MissingExtraError
from latentspace.prepare.cine import Acquired
from latentspace.readers.archive import Member
from latentspace.readers.dicom_meta import DEFLATED, DICOMDIR, KIND, MAGIC, PREAMBLE, SYNTAX, file_meta, is_waveform
from latentspace.readers.series import Cine, Note, Series

if TYPE_CHECKING:
    from pydicom import Dataset

requires = ("formats",)
TAGS = (
    *("SpecificCharacterSet", "Modality", "SeriesInstanceUID", "SeriesDescription", "SeriesNumber", "ImageType"),
    *("SOPInstanceUID", "InstanceNumber", "TriggerTime", "CardiacNumberOfImages", "NominalInterval", "HeartRate"),
    *("BurnedInAnnotation", "ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing", "Rows", "Columns"),
    *("NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "RescaleSlope", "RescaleIntercept"),
)
PIXELS = (*TAGS, "PixelData", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation")
MAX_SIDE, MAX_IMAGES, MAX_BYTES = 2048, 400, 256 << 20
LOOKED_AT = 4096  # bytes in which the meta group ends
MIN_SHARE = 0.8  # of the frames that the scanner took
SPACING_MM = (0.2, 10.0)
BROKEN = (
    *(ValueError, TypeError, KeyError, LookupError, AttributeError, NotImplementedError, OverflowError),
    *(EOFError, OSError, RecursionError, struct.error, RuntimeError),
)


@dataclass(frozen=True, slots=True)
class Image:
    """One file's header: where it is, and its tags by name."""

    member: int
    tags: Mapping[str, Any]

    def text(self, tag: str) -> str:
        """A tag as text, `""` where it is missing."""
        value = self.tags.get(tag)
        return "" if value is None else str(value).strip()

    def number(self, tag: str) -> float:
        """A tag as a number, NaN where it is missing or none."""
        try:
            return float(self.tags.get(tag, "nan"))
        except (TypeError, ValueError):
            return float("nan")

    def numbers(self, tag: str, n: int) -> Float64[np.ndarray, " n"] | None:
        """A tag of `n` finite numbers, None where it is anything else."""
        try:
            values = np.array([float(v) for v in self.tags.get(tag) or ()])
        except (TypeError, ValueError):
            return None
        return values if len(values) == n and np.isfinite(values).all() else None


def sniff(path: Path) -> bool:
    """Whether a file begins as DICOM files of images do."""
    with path.open("rb") as file:
        head = file.read(LOOKED_AT)
    return head[PREAMBLE : PREAMBLE + 4] == MAGIC and not is_waveform(head)


def need() -> None:
    """Say what to install, before anything is read.

    Raises:
        MissingExtraError: pydicom is not installed.
    """
    if find_spec("pydicom") is None:
        found, hint = "pydicom is not installed", "Run `pip install 'latent-space-explorer[formats]'`."
        raise MissingExtraError("extra.formats", where="DICOM images", found=found, hint=hint)


def list_series(files: Sequence[Member]) -> tuple[tuple[Series, ...], dict[int, Image], list[Note]]:
    """The series among the files, the header of every image by its position, and what could not be read."""
    images: dict[int, Image] = {}
    broken: list[str] = []
    notes: list[Note] = []
    for position, file in enumerate(files):
        try:
            data = file.read()
            if data[PREAMBLE : PREAMBLE + 4] == MAGIC and not is_waveform(data):
                images[position] = Image(position, _header(data, file.name))
        except InputError as error:
            if error.code == "dicom.directory":
                notes.append(Note(error.code, f"{file.name} {error.found}"))
            else:
                broken.append(f"{file.name}: {error.found}")
    if broken:
        more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
        notes.append(Note("dicom.malformed", f"left out {broken[0]}{more}"))
    groups: dict[str, list[Image]] = {}
    for image in images.values():
        groups.setdefault(image.text("SeriesInstanceUID"), []).append(image)
    return tuple(_series(key, _once(group)) for key, group in groups.items()), images, notes


def load(files: Sequence[Member], series: Series, images: Mapping[int, Image]) -> Cine:
    """The frames of one series in mm and ms.

    Raises:
        InputError: images of several sizes or places, too large, of no known spacing, that cannot be decoded, or whose
            order nobody knows; or too few of those that the scanner took.
    """
    chosen = [images[position] for position in series.parts]
    first = chosen[0]
    spacing, orientation = _geometry(chosen, files[first.member].name)
    times, rr_ms, notes = _times(chosen, files[first.member].name)
    notes = [*notes, *_missing(chosen, files[first.member].name)]
    frames = np.stack([_pixels(files[image.member], image) for image in chosen])
    if orientation is None:
        notes.append(Note("cine.orientation", "does not say how the image lies; taken as upright"))
    timed = np.isfinite(rr_ms)
    return Cine(Acquired(frames, spacing, times, rr_ms if timed else 1000.0, orientation), notes, bool(timed))


def _header(data: bytes, name: str) -> dict[str, Any]:
    dataset = _read(data, TAGS, name)
    try:
        with _quiet():
            values = {tag: dataset.get(tag) for tag in TAGS}  # a value is only understood when it is asked for
    except BROKEN as error:
        raise _refused("dicom.malformed", name, f"is no sound DICOM ({type(error).__name__})") from error
    return {tag: value for tag, value in values.items() if value is not None}


@contextmanager
def _quiet() -> Generator[None]:
    """Without pydicom's warnings and log: they repeat values, and those may be names."""
    log = logging.getLogger("pydicom")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


def _read(data: bytes, tags: Sequence[str], name: str) -> "Dataset":
    """The listed tags of one file.

    Raises:
        InputError: an index of files, a deflated file (a small one may inflate to gigabytes), or no sound DICOM.
    """
    from pydicom import dcmread  # noqa: PLC0415 - of an extra: only who has such files needs it

    try:
        meta = file_meta(data)
        if meta.get(KIND) == DICOMDIR:
            raise _refused("dicom.directory", name, "is an index of files (DICOMDIR), not an image")
        if meta.get(SYNTAX) in (None, DEFLATED):
            raise _refused("dicom.deflated", name, "is deflated, or does not say how it is written")
        with _quiet():
            return dcmread(BytesIO(data), specific_tags=list(tags), stop_before_pixels="PixelData" not in tags)
    except BROKEN as error:
        raise _refused("dicom.malformed", name, f"is no sound DICOM ({type(error).__name__})") from error


def _once(images: list[Image]) -> list[Image]:
    """Each image once, though its file lies there twice."""
    return list({image.text("SOPInstanceUID") or str(image.member): image for image in images}.values())


def _series(key: str, images: list[Image]) -> Series:
    first = images[0]
    place, normal = first.numbers("ImagePositionPatient", 3), _normal(first)
    number = first.number("SeriesNumber")
    return Series(
        key=key,
        number=int(number) if np.isfinite(number) else 0,
        description=first.text("SeriesDescription"),
        frames=len(images),
        parts=tuple(image.member for image in images),
        refused=_no_cine(images),
        normal=normal,
        offset_mm=float(normal @ place) if normal is not None and place is not None else 0.0,
    )


def _no_cine(images: list[Image]) -> str:
    if any(image.text("Modality") != "MR" for image in images):
        return "no MRI"
    if any("LOCALIZER" in image.text("ImageType").upper() for image in images):
        return "a localizer"
    if any(image.text("BurnedInAnnotation").upper() == "YES" for image in images):
        return "with text burned into the image"
    if any(image.number("NumberOfFrames") > 1 for image in images):
        return "several frames in one file"
    if any(image.text("SamplesPerPixel") not in ("", "1") for image in images):
        return "in colour"
    return ""


def _normal(image: Image) -> Float64[np.ndarray, "3"] | None:
    along = image.numbers("ImageOrientationPatient", 6)
    if along is None or abs(along[:3] @ along[3:]) > 0.01 or abs(np.linalg.norm(along[:3]) - 1) > 0.01:
        return None
    return np.cross(along[:3], along[3:])


def _geometry(images: list[Image], name: str) -> tuple[tuple[float, float], Float64[np.ndarray, "6"] | None]:
    """Spacing between rows and columns in mm, and the direction along a row and down a column."""
    first = images[0]
    rows, columns = first.number("Rows"), first.number("Columns")
    if not 8 <= rows <= MAX_SIDE or not 8 <= columns <= MAX_SIDE or len(images) > MAX_IMAGES:
        raise _refused("dicom.size", name, f"{len(images)} images of {rows:g} x {columns:g} pixels")
    if rows * columns * len(images) * 4 > MAX_BYTES:
        raise _refused("dicom.size", name, f"more than {MAX_BYTES >> 20} MB of pixels")
    for tag in ("Rows", "Columns", "PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient"):
        if len({image.text(tag) for image in images}) > 1:
            raise _refused("cine.mixed", name, f"images that differ in {tag}: several planes in one series")
    spacing = first.numbers("PixelSpacing", 2)
    if spacing is None or not (spacing >= SPACING_MM[0]).all() or not (spacing <= SPACING_MM[1]).all():
        raise _refused("cine.spacing", name, f"pixels of {first.text('PixelSpacing')[:40] or 'unknown size'} mm")
    orientation = None if _normal(first) is None else first.numbers("ImageOrientationPatient", 6)
    return (float(spacing[0]), float(spacing[1])), orientation


def _times(images: list[Image], name: str) -> tuple[Float64[np.ndarray, " time"], float, list[Note]]:
    """When each frame was taken in ms after the R wave, the RR interval (NaN: not known), and what was odd."""
    stated = images[0].number("NominalInterval")
    rate = images[0].number("HeartRate")
    rr_ms = stated if 200 < stated < 3000 else 60_000 / rate if 20 < rate < 300 else float("nan")
    triggers = np.array([image.number("TriggerTime") for image in images])
    if np.isfinite(triggers).all() and len(set(triggers)) == len(triggers) > 1:
        ordered = np.sort(triggers)
        span = float(ordered[-1] - ordered[0])
        if rr_ms > span:
            return triggers, rr_ms, []
        rr_ms = span + float(np.median(np.diff(ordered)))
        return triggers, rr_ms, [Note("cine.rr", f"no RR interval fits its trigger times; {rr_ms:.0f} ms is taken")]
    numbers = np.array([image.number("InstanceNumber") for image in images])
    if not np.isfinite(numbers).all() or len(set(numbers)) < len(numbers):
        raise _refused("cine.order", name, "neither trigger times nor numbers say which frame comes first")
    steps = numbers - numbers.min()
    phases = max(_expected(images), int(steps.max()) + 1)
    beat = rr_ms if np.isfinite(rr_ms) else 1000.0
    reason = "has no trigger times: in order of InstanceNumber, spaced evenly over one beat"
    return steps / phases * beat, rr_ms, [Note("cine.order", reason)]


def _missing(images: list[Image], name: str) -> list[Note]:
    """A note where the scanner took more frames than are there."""
    expected = _expected(images)
    if len(images) >= expected:
        return []
    reason = f"{len(images)} of {expected} frames are there"
    if len(images) < MIN_SHARE * expected:
        raise _refused("cine.missing_frames", name, reason)
    return [Note("cine.missing_frames", f"{reason}; the others are interpolated")]


def _expected(images: list[Image]) -> int:
    counts = [image.number("CardiacNumberOfImages") for image in images]
    return int(max((count for count in counts if 0 < count <= MAX_IMAGES), default=0))


def _pixels(file: Member, image: Image) -> Float32[np.ndarray, "rows columns"]:
    """The grey values of one image on its own scale."""
    dataset = _read(file.read(), PIXELS, file.name)
    shape = (int(image.number("Rows")), int(image.number("Columns")))
    if (dataset.get("Rows"), dataset.get("Columns")) != shape or "PixelData" not in dataset:
        raise _refused("dicom.pixels", file.name, "holds no image")
    try:
        with _quiet():
            values = np.asarray(dataset.pixel_array, np.float32)
    except BROKEN as error:
        raise _refused("dicom.pixels", file.name, f"its pixels cannot be decoded ({type(error).__name__})") from error
    slope, intercept = image.number("RescaleSlope"), image.number("RescaleIntercept")
    values = values * (slope if np.isfinite(slope) else 1.0) + (intercept if np.isfinite(intercept) else 0.0)
    if values.shape != shape:
        raise _refused("dicom.pixels", file.name, f"pixels of shape {values.shape}")
    return -values if image.text("PhotometricInterpretation") == "MONOCHROME1" else values


def _refused(code: str, where: str, found: str) -> InputError:
    return InputError(code, where=where, found=found, hint="Look at the series; export it again as classic MR images.")
