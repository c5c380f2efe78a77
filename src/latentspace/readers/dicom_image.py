"""One image of a DICOM file: the listed tags of its header and no others, and its pixels."""

import logging
import struct
import warnings
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32, Float64

from latentspace.errors import InputError
from latentspace.readers.dicom_meta import (
    DEFLATED,
    DICOMDIR,
    EXPLICIT,
    IMPLICIT,
    KIND,
    SYNTAX,
    file_meta,
    plain_elements,
)

if TYPE_CHECKING:
    from pydicom import Dataset

TAGS = (
    *("SpecificCharacterSet", "Modality", "SeriesInstanceUID", "SeriesDescription", "SeriesNumber", "ImageType"),
    *("SOPInstanceUID", "InstanceNumber", "TriggerTime", "CardiacNumberOfImages", "NominalInterval", "HeartRate"),
    *("BurnedInAnnotation", "ImageOrientationPatient", "ImagePositionPatient", "PixelSpacing", "Rows", "Columns"),
    *("NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "RescaleSlope", "RescaleIntercept"),
    *("BitsAllocated", "BitsStored", "PixelRepresentation"),
)
AS_TEXT = ("SOPInstanceUID", "InstanceNumber", "TriggerTime")  # another in every image: kept as written
GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
OF_FRAME = (
    ("PlanePositionSequence", "ImagePositionPatient", "ImagePositionPatient"),
    ("PlaneOrientationSequence", "ImageOrientationPatient", "ImageOrientationPatient"),
    ("PixelMeasuresSequence", "PixelSpacing", "PixelSpacing"),
    ("PixelValueTransformationSequence", "RescaleSlope", "RescaleSlope"),
    ("PixelValueTransformationSequence", "RescaleIntercept", "RescaleIntercept"),
    ("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime", "TriggerTime"),
    ("CardiacSynchronizationSequence", "RRIntervalTimeNominal", "NominalInterval"),
)
MAX_FRAMES, MAX_FRAMES_BYTES = 2000, 64 << 20
BROKEN = (
    *(ValueError, TypeError, KeyError, LookupError, AttributeError, NotImplementedError, OverflowError),
    *(EOFError, OSError, RecursionError, struct.error, RuntimeError),
)
HINT = "Look at the series; export it again as classic MR images."


@dataclass(frozen=True, slots=True)
class Image:
    """One image: which file, its tags by name, which frame of the file, and where plain pixels lie in the file."""

    member: int
    tags: Mapping[str, Any]
    frame: int = 0
    pixels: slice | None = None

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


@contextmanager
def quiet() -> Generator[None]:
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


def read_images(data: bytes, name: str, member: int) -> list[Image]:
    """The images of one file, called within `quiet`; several where it has several frames.

    Raises:
        InputError: an index of files, a deflated file (a small one may inflate to gigabytes), or no sound DICOM.
    """
    try:
        syntax, start = _checked(data, name)
        found = None
        if syntax in (IMPLICIT, EXPLICIT):
            found = plain_elements(data, start, _names().keys(), explicit=syntax == EXPLICIT)
        if found is None:
            tags, pixels = _by_pydicom(data), None
        else:
            charset = found.values.get(0x00080005, (None, b""))[1]
            tags = {_names()[tag]: _converted(tag, *value, charset) for tag, value in found.values.items()}
            tags, pixels = {name: value for name, value in tags.items() if value is not None}, found.pixels
        first = Image(member, tags, 0, pixels)
        return list(_frames(data, first)) if first.number("NumberOfFrames") > 1 else [first]
    except BROKEN as error:
        raise refused("dicom.malformed", name, f"is no sound DICOM ({type(error).__name__})") from error


def read_pixels(data: bytes, name: str, image: Image) -> Float32[np.ndarray, "rows columns"]:
    """The grey values of one image on its own scale.

    Raises:
        InputError: no image, one of another shape than its header says, or one that cannot be decoded.
    """
    shape = (int(image.number("Rows")), int(image.number("Columns")))
    values = _plain(data, image, shape)
    if values is None:
        values = _decoded(data, name, image, shape)
    slope, intercept = image.number("RescaleSlope"), image.number("RescaleIntercept")
    values = values * (slope if np.isfinite(slope) else 1.0) + (intercept if np.isfinite(intercept) else 0.0)
    if values.shape != shape:
        raise refused("dicom.pixels", name, f"pixels of shape {values.shape}")
    return -values if image.text("PhotometricInterpretation") == "MONOCHROME1" else values


def refused(code: str, where: str, found: str, hint: str = HINT) -> InputError:
    """An error of these files."""
    return InputError(code, where=where, found=found, hint=hint)


def _checked(data: bytes, name: str) -> tuple[str, int]:
    """The transfer syntax, and where the dataset begins."""
    meta, start = file_meta(data)
    if meta.get(KIND) == DICOMDIR:
        raise refused("dicom.directory", name, "is an index of files (DICOMDIR), not an image")
    syntax = meta.get(SYNTAX)
    if syntax in (None, DEFLATED):
        raise refused("dicom.deflated", name, "is deflated, or does not say how it is written")
    return syntax, start


@cache
def _names() -> dict[int, str]:
    from pydicom.datadict import tag_for_keyword  # noqa: PLC0415 - of an extra: only who has such files needs it

    return {tag: name for name in TAGS if (tag := tag_for_keyword(name)) is not None}


def _converted(tag: int, kind: str | None, value: bytes, charset: bytes) -> Any:  # noqa: ANN401 - any tag's value
    """The value as pydicom understands it; the same again costs nothing, and most are the same in every image."""
    if _names()[tag] in AS_TEXT:
        return value.decode("latin-1").strip("\0 ") or None
    return _by_kind(tag, kind, value, charset)


@lru_cache(maxsize=4096)
def _by_kind(tag: int, kind: str | None, value: bytes, charset: bytes) -> Any:  # noqa: ANN401 - any tag's value
    from pydicom.charset import convert_encodings  # noqa: PLC0415 - see `_names`
    from pydicom.dataelem import RawDataElement, convert_raw_data_element  # noqa: PLC0415 - see `_names`
    from pydicom.tag import Tag  # noqa: PLC0415 - see `_names`

    names = [part.strip() for part in charset.decode("latin-1").strip("\0 ").split("\\")]
    raw = RawDataElement(Tag(tag), kind, len(value), value, 0, kind is None, True)  # noqa: FBT003 - pydicom's
    return convert_raw_data_element(raw, encoding=convert_encodings(names)).value


def _by_pydicom(data: bytes) -> dict[str, Any]:
    dataset = _read(data, TAGS)
    values = {tag: dataset.get(tag) for tag in TAGS}  # a value is only understood when it is asked for
    return {tag: value for tag, value in values.items() if value is not None}


def _read(data: bytes, tags: Sequence[str]) -> "Dataset":
    from pydicom import dcmread  # noqa: PLC0415 - see `_names`

    return dcmread(BytesIO(data), specific_tags=list(tags), stop_before_pixels="PixelData" not in tags)


def _frames(data: bytes, first: Image) -> Iterator[Image]:
    """Every frame of a file as an image of its own, with what the file says of this frame.

    Source:
        DICOM PS3.3, A.36 (Enhanced MR) and C.7.6.16 (functional groups).
    """
    n = int(first.number("NumberOfFrames"))
    size = first.number("Rows") * first.number("Columns") * n * 4
    if n > MAX_FRAMES or not size <= MAX_FRAMES_BYTES:
        raise refused("dicom.size", "", f"{n} frames in one file")
    dataset = _read(data, GROUPS)
    shared, each = ([*(dataset.get(group) or ())] for group in GROUPS)
    for frame in range(n):
        own = dict(first.tags)
        for group in (*shared[:1], *each[frame : frame + 1]):
            own |= {
                tag: item[0].get(name)
                for sequence, name, tag in OF_FRAME
                if (item := group.get(sequence)) and item[0].get(name) is not None
            }
        yield Image(first.member, {**own, "InstanceNumber": frame + 1}, frame, first.pixels)


def _plain(data: bytes, image: Image, shape: tuple[int, int]) -> Float32[np.ndarray, "rows columns"] | None:
    """Uncompressed grey values of 8 or 16 bits as they lie in the file; None for all others.

    Bits above those that are stored are not of the image (pydicom's `correct_unused_bits`).
    """
    allocated, stored = image.number("BitsAllocated"), image.number("BitsStored")
    if image.pixels is None or allocated not in (8, 16) or not 1 <= stored <= allocated:
        return None
    dtype = np.dtype(f"<{'i' if image.number('PixelRepresentation') == 1 else 'u'}{int(allocated) // 8}")
    size = shape[0] * shape[1] * dtype.itemsize
    start = image.pixels.start + image.frame * size
    if start + size > min(image.pixels.stop, len(data)):
        return None
    values = np.frombuffer(data, dtype, shape[0] * shape[1], start).reshape(shape)
    unused = int(allocated - stored)
    return (values << unused >> unused if unused else values).astype(np.float32)


def _decoded(data: bytes, name: str, image: Image, shape: tuple[int, int]) -> Float32[np.ndarray, "rows columns"]:
    from pydicom.pixels.utils import pixel_array  # noqa: PLC0415 - see `_names`

    try:
        dataset = _read(data, (*TAGS, "PixelData", "HighBit"))
        if (dataset.get("Rows"), dataset.get("Columns")) != shape or "PixelData" not in dataset:
            raise refused("dicom.pixels", name, "holds no image")
        _check_codec(dataset, name)
        return np.asarray(pixel_array(dataset, index=image.frame), np.float32)
    except BROKEN as error:
        raise refused("dicom.pixels", name, f"its pixels cannot be decoded ({type(error).__name__})") from error


def _check_codec(dataset: "Dataset", name: str) -> None:
    """Refuse what is packed in a way that nothing here unpacks, and say what would."""
    from pydicom.pixels.decoders.base import get_decoder  # noqa: PLC0415 - see `_names`

    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.is_compressed and not get_decoder(syntax).is_available:
        hint = "Run `pip install pylibjpeg pylibjpeg-libjpeg pylibjpeg-openjpeg`, or export the series uncompressed."
        raise refused(
            "dicom.codec", name, f"is packed as {syntax.name}, and nothing that unpacks it is installed", hint
        )
