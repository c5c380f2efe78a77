"""DICOM series of a folder or zip as cines: only the tags listed here are read, each size checked before its pixels."""

from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64

from latentspace.errors import InputError, MissingExtraError
from latentspace.prepare.cine import Acquired
from latentspace.readers.archive import Member
from latentspace.readers.dicom_image import Image, quiet, read_images, read_pixels, refused
from latentspace.readers.dicom_meta import MAGIC, PREAMBLE, is_waveform
from latentspace.readers.series import Cine, Note, Series

requires = ("formats",)
MAX_SIDE, MAX_IMAGES, MAX_BYTES = 2048, 400, 64 << 20
LOOKED_AT = 4096  # bytes in which the meta group ends
MIN_SHARE = 0.8  # of the frames that the scanner took
SPACING_MM = (0.2, 10.0)


def sniff(path: Path) -> bool:
    """Whether a file begins as DICOM files of images do."""
    with path.open("rb") as file:
        return is_image(file.read(LOOKED_AT))


def is_image(head: bytes) -> bool:
    """Whether these are the first bytes of a DICOM file of images."""
    return head[PREAMBLE : PREAMBLE + 4] == MAGIC and not is_waveform(head)


def need() -> None:
    """Say what to install, before anything is read.

    Raises:
        MissingExtraError: pydicom is not installed.
    """
    if find_spec("pydicom") is None:
        found, hint = "pydicom is not installed", "Run `pip install 'latent-space-explorer[formats]'`."
        raise MissingExtraError("extra.formats", where="DICOM images", found=found, hint=hint)


def list_series(files: Sequence[Member]) -> tuple[tuple[Series, ...], list[Image], list[Note]]:
    """The series among the files, every image, and what could not be read; a series' `parts` are among the images."""
    images: list[Image] = []
    broken: list[str] = []
    notes: list[Note] = []
    with quiet():
        for position, file in enumerate(files):
            try:
                if is_image(file.head(LOOKED_AT)):
                    images += read_images(file.read(), file.name, position)
            except InputError as error:
                if error.code == "dicom.directory":
                    notes.append(Note(error.code, f"{file.name} {error.found}"))
                else:
                    broken.append(f"{file.name}: {error.found}")
    if broken:
        more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
        notes.append(Note("dicom.malformed", f"left out {broken[0]}{more}"))
    groups: dict[str, dict[str, int]] = {}
    for position, image in enumerate(images):
        # each image once, though its file lies there twice
        name = f"{image.text('SOPInstanceUID') or image.member} {image.frame}"
        groups.setdefault(image.text("SeriesInstanceUID"), {})[name] = position
    return tuple(_series(key, list(group.values()), images) for key, group in groups.items()), images, notes


def load(files: Sequence[Member], series: Series, images: Sequence[Image]) -> Cine:
    """The frames of one series in mm and ms.

    Raises:
        InputError: images of several sizes or places, too large, of no known spacing, that cannot be decoded, or whose
            order nobody knows; or too few of those that the scanner took.
    """
    chosen = [images[position] for position in series.parts]
    name = files[chosen[0].member].name
    spacing, orientation = _geometry(chosen, name)
    times, rr_ms, notes = _times(chosen, name)
    notes = [*notes, *_missing(chosen, name)]
    read = lru_cache(1)(lambda member: files[member].read())  # a file with several frames is read once
    with quiet():
        frames = np.stack([read_pixels(read(image.member), files[image.member].name, image) for image in chosen])
    if orientation is None:
        notes.append(Note("cine.orientation", "does not say how the image lies; taken as upright"))
    timed = np.isfinite(rr_ms)
    return Cine(Acquired(frames, spacing, times, rr_ms if timed else 1000.0, orientation), notes, bool(timed))


def middle(files: Sequence[Member], series: Series, images: Sequence[Image]) -> Float32[np.ndarray, "rows columns"]:
    """The frame in the middle of one series, as it lies.

    Raises:
        InputError: it is too large, or cannot be decoded.
    """
    in_order = sorted(series.parts, key=lambda part: (images[part].number("InstanceNumber"), part))
    image = images[in_order[len(in_order) // 2]]
    file = files[image.member]
    if not 8 <= image.number("Rows") <= MAX_SIDE or not 8 <= image.number("Columns") <= MAX_SIDE:
        raise refused("dicom.size", file.name, "images of no plausible size")
    with quiet():
        return read_pixels(file.read(), file.name, image)


def _series(key: str, parts: Sequence[int], among: Sequence[Image]) -> Series:
    images = [among[position] for position in parts]
    first = images[0]
    place, normal = first.numbers("ImagePositionPatient", 3), _normal(first)
    return Series(
        key=key,
        number=_whole(first, "SeriesNumber"),
        description=first.text("SeriesDescription"),
        frames=len(images),
        parts=tuple(parts),
        refused=_no_cine(images),
        normal=normal,
        offset_mm=float(normal @ place) if normal is not None and place is not None else 0.0,
        size=(_whole(first, "Rows"), _whole(first, "Columns")),
    )


def _whole(image: Image, tag: str) -> int:
    value = image.number(tag)
    return int(value) if np.isfinite(value) else 0


def _no_cine(images: list[Image]) -> str:
    if any(image.text("Modality") != "MR" for image in images):
        return "no MRI"
    if any("LOCALIZER" in image.text("ImageType").upper() for image in images):
        return "a localizer"
    if any(image.text("BurnedInAnnotation").upper() == "YES" for image in images):
        return "with text burned into the image"
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
        raise refused("dicom.size", name, f"{len(images)} images of {rows:g} x {columns:g} pixels")
    if rows * columns * len(images) * 4 > MAX_BYTES:
        raise refused("dicom.size", name, f"more than {MAX_BYTES >> 20} MB of pixels")
    for tag in ("Rows", "Columns", "PixelSpacing", "ImageOrientationPatient", "ImagePositionPatient"):
        if len({image.text(tag) for image in images}) > 1:
            raise refused("cine.mixed", name, f"images that differ in {tag}: several planes in one series")
    spacing = first.numbers("PixelSpacing", 2)
    if spacing is None or not (spacing >= SPACING_MM[0]).all() or not (spacing <= SPACING_MM[1]).all():
        raise refused("cine.spacing", name, f"pixels of {first.text('PixelSpacing')[:40] or 'unknown size'} mm")
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
        raise refused("cine.order", name, "neither trigger times nor numbers say which frame comes first")
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
        raise refused("cine.missing_frames", name, reason)
    return [Note("cine.missing_frames", f"{reason}; the others are interpolated")]


def _expected(images: list[Image]) -> int:
    counts = [image.number("CardiacNumberOfImages") for image in images]
    return int(max((count for count in counts if 0 < count <= MAX_IMAGES), default=0))
