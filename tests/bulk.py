"""Files as UK Biobank's bulk fields hold them, written by pydicom and by hand, with names and birth dates planted."""

import gzip
import struct
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from jaxtyping import Float, Integer
from pydicom import FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage

LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
CANARY = "CANARY"
UPRIGHT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One series to be written: (time, rows, columns) in the order of time, and what its headers say."""

    frames: Integer[np.ndarray, "time rows columns"]
    description: str = "CINE_segmented_LAX_4Ch"
    number: int = 1
    rr_ms: float = 900.0
    spacing_mm: tuple[float, float] = (1.8, 1.8)
    orientation: tuple[float, ...] = UPRIGHT
    position: tuple[float, ...] = (0.0, 0.0, 0.0)
    timed: bool = True
    kind: str = "ORIGINAL"
    burned: str = "NO"
    drop: tuple[int, ...] = ()


def cardiosoft(
    strip: Float[np.ndarray, "12 time"], beat: Float[np.ndarray, "12 600"] | None = None, *, rate: int = 60
) -> bytes:
    """A document of the device with values in mV at 5 uV a count; without a beat, none is stored."""
    median = "" if beat is None else f"<MedianSamples>{_waveforms(beat)}</MedianSamples>"
    name = f"<FamilyName>{CANARY}</FamilyName><GivenName>{CANARY}</GivenName>"
    return (
        '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<CardiologyXML>'
        f"<PatientInfo><PID>{CANARY}</PID><Name>{name} é</Name>"
        "<BirthDateTime><Day>1</Day><Month>1</Month><Year>1901</Year></BirthDateTime></PatientInfo>"
        f"<Interpretation><Diagnosis><DiagnosisText>{CANARY}</DiagnosisText></Diagnosis></Interpretation>"
        f'<RestingECGMeasurements><VentricularRate units="BPM">{rate}</VentricularRate>'
        f'<QRSDuration units="ms">92</QRSDuration><SokolovLVHIndex units="mV"></SokolovLVHIndex>'
        f'<QOnset units="ms">434</QOnset>{median}</RestingECGMeasurements>'
        f"<StripData>{_waveforms(strip)}</StripData></CardiologyXML>"
    ).encode("latin-1")


def _waveforms(values: Float[np.ndarray, "12 time"]) -> str:
    counts = np.rint(values * 200).astype(int)
    rows = (
        f'<WaveformData lead="{lead}">\t{",".join(map(str, row))}</WaveformData>'
        for lead, row in zip(LEADS, counts.tolist(), strict=True)
    )
    return (
        f'<NumberOfLeads>12</NumberOfLeads><SampleRate units="Hz">500</SampleRate><ChannelSampleCountTotal>'
        f'{values.shape[1]}</ChannelSampleCountTotal><Resolution units="uVperLsb">5</Resolution>{"".join(rows)}'
    )


def dicom(scan: Scan) -> dict[str, bytes]:
    """The files of one series by name; not in the order of time."""
    files: dict[str, bytes] = {}
    for i, frame in enumerate(scan.frames):
        if i in scan.drop:
            continue
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = MRImageStorage
        meta.MediaStorageSOPInstanceUID = UID(f"1.2.3.{scan.number}.{i + 1}")
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one = FileDataset(BytesIO(), {}, file_meta=meta, preamble=b"\0" * 128)
        one.SOPClassUID, one.SOPInstanceUID = MRImageStorage, meta.MediaStorageSOPInstanceUID
        one.PatientName, one.PatientBirthDate, one.PatientID = f"{CANARY}^{CANARY}", "19010101", CANARY
        one.Modality, one.ImageType, one.BurnedInAnnotation = "MR", [scan.kind, "PRIMARY", "M"], scan.burned
        one.SeriesInstanceUID, one.SeriesNumber = f"1.2.3.{scan.number}", scan.number
        one.SeriesDescription, one.InstanceNumber = scan.description, i + 1
        one.ImageOrientationPatient, one.ImagePositionPatient = list(scan.orientation), list(scan.position)
        one.PixelSpacing = list(scan.spacing_mm)
        one.CardiacNumberOfImages = len(scan.frames)
        if scan.timed:
            one.TriggerTime, one.NominalInterval = round(i * scan.rr_ms / len(scan.frames), 4), int(scan.rr_ms)
        one.Rows, one.Columns = frame.shape
        one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
        one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 12, 11, 0
        one.PixelData = frame.astype("<u2").tobytes()
        buffer = BytesIO()
        one.save_as(buffer, enforce_file_format=True)
        files[f"{(i * 7) % len(scan.frames):03d}_{scan.number}.dcm"] = buffer.getvalue()
    return files


def write_folder(folder: Path, scans: Sequence[Scan]) -> Path:
    """Every file of the series in one folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in (item for scan in scans for item in dicom(scan).items()):
        (folder / name).write_bytes(data)
    return folder


def write_zip(path: Path, scans: Sequence[Scan]) -> Path:
    """Every file of the series in one zip, with a manifest that has unquoted commas in its dates."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("manifest.cvs", f"filename,patientid,date\na.dcm,{CANARY},Mon Jan 1, 1901\n")
        for name, data in (item for scan in scans for item in dicom(scan).items()):
            archive.writestr(name, data)
    return path


def write_nifti(path: Path, frames: Integer[np.ndarray, "time rows columns"], *, between_ms: float = 36.0) -> Path:
    """A NIfTI-1 image of one slice over time, 1.8 mm, patient's left to the right and back down, packed if `.gz`."""
    n, rows, columns = frames.shape
    head = bytearray(352)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, 4, columns, rows, 1, n, 1, 1, 1)
    struct.pack_into("<2h", head, 70, 4, 16)  # int16
    struct.pack_into("<8f", head, 76, 1, 1.8, 1.8, 8, between_ms, 0, 0, 0)
    struct.pack_into("<f", head, 108, 352)
    struct.pack_into("<2f", head, 112, 2.0, 10.0)  # grey = 2 * voxel + 10
    head[123] = 2 | 16  # mm, ms
    head[148:154] = CANARY.encode()  # free text
    struct.pack_into("<2h", head, 252, 0, 1)
    struct.pack_into("<12f", head, 280, -1.8, 0, 0, 0, 0, -1.8, 0, 0, 0, 0, 8, 0)  # RAS: left is -x, back is -y
    head[344:348] = b"n+1\0"
    data = bytes(head) + frames.astype("<i2").tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def heart(seed: int = 0, n: int = 25) -> Integer[np.ndarray, "time 120 140"]:
    """A bright disc in grey that beats, with a dark neighbour, no two seeds alike."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:120, :140] * 1.8
    away = np.hypot(y - 110 - rng.uniform(-8, 8), x - 125 - rng.uniform(-8, 8))
    radius = 30 + rng.uniform(3, 6) * np.cos(2 * np.pi * np.arange(n) / n)
    frames = 100 + 900 / (1 + np.exp((away - radius[:, None, None]) / 3))
    return np.rint(frames + 40 * np.sin(x / 9)).astype(np.int64)
