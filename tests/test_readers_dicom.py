"""Plain DICOM elements and pixels, several frames in one file, packed pixels: the values that pydicom reads."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, FileDataset, dcmread
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID, ImplicitVRLittleEndian, JPEG2000Lossless, JPEGBaseline8Bit, JPEGLosslessSV1, RLELossless

from bulk import Scan, dicom, heart, write_folder
from ecg_records import shared_data
from latentspace.errors import InputError
from latentspace.ingest.cines import CineJob, read_cine
from latentspace.ingest.records import Record
from latentspace.readers.dicom_image import TAGS, read_images, read_pixels
from latentspace.readers.dicom_meta import file_meta, plain_elements

SMALL = Scan(frames=heart(1, n=8)[:, 40:90, 40:101])


def job(path: Path) -> CineJob:
    return CineJob(path=path, name=path.name, subject="7", modality="cine", view="4ch", mapping=())


def codes(record: Record) -> list[str]:
    return [entry.code for entry in record.entries]


def one() -> FileDataset:
    return dcmread(BytesIO(next(iter(dicom(SMALL).values()))))


def written(dataset: FileDataset) -> bytes:
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def check_as_pydicom(data: bytes) -> None:
    """Every tag and pixel, read without pydicom's parser, is what pydicom makes of it."""
    independent = dcmread(BytesIO(data))
    _, start = file_meta(data)
    explicit = not independent.file_meta.TransferSyntaxUID.is_implicit_VR
    assert plain_elements(data, start, (), explicit=explicit), "not the plain way"
    (image,) = read_images(data, "a", 0)
    for tag in TAGS:
        value = independent.get(tag)
        assert image.text(tag) == ("" if value is None else str(value)), tag
    slope, intercept = (float(independent.get(f"Rescale{name}", n)) for name, n in (("Slope", 1), ("Intercept", 0)))
    np.testing.assert_array_equal(
        read_pixels(data, "a", image), independent.pixel_array.astype(np.float32) * slope + intercept
    )


def test_a_plain_file_has_the_tags_and_pixels_that_pydicom_reads() -> None:
    check_as_pydicom(written(one()))


@pytest.mark.parametrize(("allocated", "stored", "signed"), [(16, 16, 1), (16, 12, 1), (16, 12, 0), (8, 8, 0)])
def test_grey_values_of_any_plain_kind_are_those_of_pydicom(allocated: int, stored: int, signed: int) -> None:
    image, rng = one(), np.random.default_rng(3)
    image.BitsAllocated, image.BitsStored, image.HighBit = allocated, stored, stored - 1
    image.PixelRepresentation, image.RescaleSlope, image.RescaleIntercept = signed, 0.5, -7
    image.Rows, image.Columns = 50, 60
    image.PixelData = rng.bytes(50 * 60 * allocated // 8)  # bits that are not stored are set too
    check_as_pydicom(written(image))


def test_a_file_that_does_not_write_its_kinds_is_read_too() -> None:
    image = one()
    image.SeriesDescription = "4ch Größe"
    image.SpecificCharacterSet = "ISO_IR 100"
    image.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    check_as_pydicom(written(image))


def test_real_files_have_the_tags_and_pixels_that_pydicom_reads() -> None:
    folder = shared_data() / "cine_dicom" / "subject1"
    if not folder.is_dir():
        pytest.skip("real cines: set LATENTSPACE_REAL_DATA to the folder that holds cine_dicom/")
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert len(files) >= 50
    for path in files[::7]:
        check_as_pydicom(path.read_bytes())


def enhanced(folder: Path, frames: np.ndarray, *, planes: int = 1) -> Path:
    """One file with all frames, and groups that say when and where each was taken, as Enhanced MR has them."""
    n, image = len(frames), one()
    for tag in ("TriggerTime", "NominalInterval", "ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        delattr(image, tag)

    def group(**items: object) -> Dataset:
        inner, outer = Dataset(), Dataset()
        sequence = str(items.pop("within"))
        for name, value in items.items():
            setattr(inner, name, value)
        setattr(outer, sequence, Items([inner]))
        return outer

    shared = group(within="PixelMeasuresSequence", PixelSpacing=[1.8, 1.8])
    shared.update(group(within="PlaneOrientationSequence", ImageOrientationPatient=[1, 0, 0, 0, 1, 0]))
    each = []
    for i in range(n):
        times = {"NominalCardiacTriggerDelayTime": round(i * 900 / n, 4), "RRIntervalTimeNominal": 900.0}
        own = group(within="CardiacSynchronizationSequence", **times)
        own.update(group(within="PlanePositionSequence", ImagePositionPatient=[0, 0, i % planes * 8]))
        each.append(own)
    image.SharedFunctionalGroupsSequence, image.PerFrameFunctionalGroupsSequence = Items([shared]), Items(each)
    image.NumberOfFrames, image.CardiacNumberOfImages = n, n
    image.Rows, image.Columns = frames.shape[1:]
    image.PixelData = frames.astype("<u2").tobytes()
    folder.mkdir(parents=True)
    (folder / "all.dcm").write_bytes(written(image))
    return folder


def test_several_frames_in_one_file_are_the_same_cine_as_one_file_each(tmp_path: Path) -> None:
    scan = Scan(frames=heart(4), rr_ms=900.0)
    classic = read_cine(job(write_folder(tmp_path / "a", [scan])))
    record = read_cine(job(enhanced(tmp_path / "b", heart(4))))
    assert codes(record) == []
    assert record.rr_ms == 900
    assert np.array_equal(record.arrays["cine"], classic.arrays["cine"])


def test_several_planes_in_one_file_are_no_cine(tmp_path: Path) -> None:
    assert codes(read_cine(job(enhanced(tmp_path / "b", heart(4), planes=2)))) == ["cine.mixed"]


def test_a_file_that_announces_more_frames_than_it_holds_is_a_line(tmp_path: Path) -> None:
    for i, (n, code) in enumerate(((30, "cine.mixed"), (2001, "cine.none"), (10**9, "cine.none"))):
        folder = enhanced(tmp_path / f"b{i}", heart(4))
        image = dcmread(folder / "all.dcm")
        image.NumberOfFrames = n
        image.save_as(folder / "all.dcm")
        assert codes(read_cine(job(folder)))[-1] == code


def test_run_length_packed_frames_are_the_same_cine(tmp_path: Path) -> None:
    plain = write_folder(tmp_path / "a", [Scan(frames=heart(4, n=8))])
    packed = write_folder(tmp_path / "b", [Scan(frames=heart(4, n=8))])
    for path in packed.iterdir():
        image = dcmread(path)
        image.compress(RLELossless)
        image.save_as(path)
    assert np.array_equal(read_cine(job(packed)).arrays["cine"], read_cine(job(plain)).arrays["cine"])


def jpeg(folder: Path, syntax: UID, form: str) -> Path:
    """A folder of images, packed by Pillow, which `formats` brings and pydicom unpacks with; as JPEG of 8 bits."""
    for path in folder.iterdir():
        image = dcmread(path)
        grey = image.pixel_array.astype(np.uint16)
        if form == "JPEG":
            grey = (grey >> 4).astype(np.uint8)
            image.BitsAllocated, image.BitsStored, image.HighBit = 8, 8, 7
        buffer = BytesIO()
        Image.fromarray(grey).save(buffer, form)
        image.file_meta.TransferSyntaxUID = syntax
        image.PixelData = encapsulate([buffer.getvalue()])
        image["PixelData"].is_undefined_length = True
        image.save_as(path)
    return folder


def test_jpeg_2000_without_loss_is_the_same_cine(tmp_path: Path) -> None:
    plain = write_folder(tmp_path / "a", [Scan(frames=heart(4, n=8))])
    packed = jpeg(write_folder(tmp_path / "b", [Scan(frames=heart(4, n=8))]), JPEG2000Lossless, "JPEG2000")
    record = read_cine(job(packed))
    assert codes(record) == []
    assert np.array_equal(record.arrays["cine"], read_cine(job(plain)).arrays["cine"])


def test_baseline_jpeg_is_the_same_cine_but_for_its_loss(tmp_path: Path) -> None:
    plain = write_folder(tmp_path / "a", [Scan(frames=heart(4, n=8))])
    packed = jpeg(write_folder(tmp_path / "b", [Scan(frames=heart(4, n=8))]), JPEGBaseline8Bit, "JPEG")
    record = read_cine(job(packed))
    assert codes(record) == []
    apart = record.arrays["cine"].astype(float) - read_cine(job(plain)).arrays["cine"]
    assert np.abs(apart).mean() < 4  # of 255 grey levels; 64 of them are left in the file


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, JPEG2000Lossless])
def test_jpeg_that_nothing_unpacks_is_a_line_that_says_what_to_install(
    tmp_path: Path, syntax: UID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(get_decoder(syntax)), "is_available", property(lambda _: False))
    folder = write_folder(tmp_path / "a", [replace(SMALL, description="4ch")])
    for path in folder.iterdir():
        image = dcmread(path)
        image.file_meta.TransferSyntaxUID = syntax
        image.PixelData = encapsulate([b"\xff\xd8 packed"])
        image["PixelData"].is_undefined_length = True
        image.save_as(path)
    (line,) = read_cine(job(folder)).entries
    assert line.code == "dicom.codec"
    assert "JPEG" in line.reason
    assert "pip install pylibjpeg" in line.hint


def test_a_damaged_element_is_left_to_pydicom() -> None:
    data = written(one())
    _, start = file_meta(data)
    assert plain_elements(data[: start + 300], start, (), explicit=True) is None
    with pytest.raises(InputError):
        read_images(b"\0" * 128 + b"DICM", "a", 0)
