"""The real four-chamber cine of the development data, prepared; tests skip where it is missing."""

from functools import cache

import numpy as np
import pytest

from ecg_records import shared_data
from latentspace.prepare.cine import Acquired, Prepared, prepare_cine


def acquired(series: str) -> Acquired:
    """One series of `cine_dicom/subject1` with its times, spacing and orientation."""
    pydicom = pytest.importorskip("pydicom", reason="pydicom reads the real cine")
    folder = shared_data() / "cine_dicom" / "subject1" / series
    files = sorted(folder.glob("*.dcm"))
    if not files:
        pytest.skip("real cines: set LATENTSPACE_REAL_DATA to the folder that holds cine_dicom/")
    sets = [pydicom.dcmread(file) for file in files]
    first = sets[0]
    return Acquired(
        frames=np.stack([one.pixel_array for one in sets]).astype(np.float32),
        spacing_mm=(float(first.PixelSpacing[0]), float(first.PixelSpacing[1])),
        trigger_ms=np.array([float(one.TriggerTime) for one in sets]),
        rr_ms=float(first.NominalInterval),
        orientation=np.array(first.ImageOrientationPatient, dtype=np.float64),
    )


@cache
def real_four_chamber() -> Prepared:
    """Series Se6; Se7, described as 4CH too, shows the aorta: it is a three-chamber view."""
    return prepare_cine(acquired("Se6"), source="Se6")
