"""CardioSoft documents: the real one against an independent parse, written ones, damaged ones."""

import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import Float

from bulk import CANARY, LEADS, cardiosoft
from ecg_records import made_ecg
from latentspace.errors import InputError
from latentspace.ingest.plan import DEFAULT
from latentspace.ingest.records import RecordJob, find_records, read_record
from latentspace.readers import cardiosoft as reader

ONSETS = [0.5 + 0.8 * k for k in range(12)]


def real_document() -> Path:
    """The document within the package `ecgprocess`, which is never imported (GPL)."""
    package = find_spec("ecgprocess")
    if package is None or package.origin is None:
        pytest.skip("the real CardioSoft document is in the package ecgprocess: pip install --no-deps ecgprocess")
    return Path(package.origin).parent / "example_data" / "example_datasets" / "example-XML1.xml"


def by_hand(text: str, part: str) -> Float[np.ndarray, "12 time"]:
    """The waveforms of one part in mV, by regular expressions."""
    inside = re.search(rf"<{part}>(.*?)</{part}>", text, re.DOTALL)
    assert inside
    resolution = re.search(r'<Resolution units="uVperLsb">(\d+)<', inside[1])
    assert resolution
    rows = dict(re.findall(r'<WaveformData lead="(\w+)">\s*([-\d,\s]+)<', inside[1]))
    return np.array([[int(v) for v in rows[lead].split(",")] for lead in LEADS]) * int(resolution[1]) / 1000


def made_beat(seed: int) -> Float[np.ndarray, "12 600"]:
    """Any beat that is not the one that the strip repeats."""
    return made_ecg([0.434], seed=seed)[:, :600]


def job(path: Path) -> RecordJob:
    return RecordJob(path=path, name=path.name, subject="7", modalities=DEFAULT.leads)


def test_the_real_document_has_its_own_samples_its_own_median_and_its_measurements() -> None:
    path = real_document()
    text = path.read_text(encoding="latin-1")
    signal = reader.read(path)
    assert signal.leads == LEADS
    assert signal.sampling_rate_hz == 500
    np.testing.assert_allclose(signal.values, by_hand(text, "StripData"), atol=1e-6)
    record = read_record(job(path))
    np.testing.assert_allclose(record.arrays["ecg"], by_hand(text, "MedianSamples"), atol=1e-6)
    assert record.measured["device_qrs_ms"] == 92
    assert record.measured["device_heart_rate"] == 50
    assert record.rr_ms == pytest.approx(1202, abs=5)  # as the document's RRInterval
    assert record.entries == ()


def test_strip_and_median_come_back_within_half_a_count(tmp_path: Path) -> None:
    strip, beat = made_ecg(ONSETS, seed=1), made_beat(5)
    (tmp_path / "a.xml").write_bytes(cardiosoft(strip, beat, rate=75))
    signal, record = reader.read(tmp_path / "a.xml"), read_record(job(tmp_path / "a.xml"))
    assert np.abs(signal.values - strip).max() <= 0.0025 + 1e-6
    assert np.abs(record.arrays["ecg"] - beat).max() <= 0.0025 + 1e-6
    assert record.measured == {"device_heart_rate": 75.0, "device_qrs_ms": 92.0}
    assert record.rr_ms == pytest.approx(800, abs=2)


def test_without_a_median_of_the_device_ours_is_taken(tmp_path: Path) -> None:
    strip = made_ecg(ONSETS, seed=1)
    (tmp_path / "a.xml").write_bytes(cardiosoft(strip))
    (tmp_path / "b.xml").write_bytes(cardiosoft(strip, made_beat(5)).replace(b">434<", b">300<"))
    ours = read_record(job(tmp_path / "a.xml")).arrays["ecg"]
    assert np.corrcoef(ours[1, 217:262], strip[1, 250:295])[0, 1] > 0.99
    elsewhere = read_record(job(tmp_path / "b.xml"))  # its onset is not where ours is
    assert np.array_equal(elsewhere.arrays["ecg"], ours)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b".*", b"", "cardiosoft.empty"),
        (b"</CardiologyXML>", b"", "cardiosoft.malformed"),
        (b"<CardiologyXML>", b'<!DOCTYPE x [<!ENTITY a "b">]><CardiologyXML>', "cardiosoft.malformed"),
        (b">5000<", b">4999<", "cardiosoft.malformed"),
        (b">5000<", b">100000000<", "cardiosoft.malformed"),
        (b">500<", b">0<", "cardiosoft.malformed"),
        (b"uVperLsb", b"lsb", "cardiosoft.malformed"),
        (b"StripData", b"Strip", "cardiosoft.malformed"),
        (b'"V6">\t', b'"V6">\tx', "cardiosoft.malformed"),
        (b'"V6">\t', b'"V6">\tinf,', "cardiosoft.malformed"),
        (b"ISO-8859-1", b"no-such-code", "cardiosoft.malformed"),
        (b'lead="V6"', b'lead="V5"', "lead.twice"),
    ],
)
def test_a_damaged_document_is_refused_by_name(tmp_path: Path, old: bytes, new: bytes, code: str) -> None:
    whole = cardiosoft(made_ecg(ONSETS))
    path = tmp_path / "7_20205_2_0.xml"
    path.write_bytes(re.sub(old, new.replace(b"\\", b"\\\\"), whole, flags=re.DOTALL))
    assert find_records([tmp_path]) == (path,)
    record = read_record(job(path))
    assert [(e.code, e.outcome) for e in record.entries] == [(code, "rejected")]
    assert CANARY not in record.entries[0].reason


def test_cut_off_anywhere_it_is_a_line_of_the_report(tmp_path: Path) -> None:
    whole = cardiosoft(made_ecg(ONSETS)[:, :700], made_beat(1))
    for size in [*range(0, 1200, 7), *range(1200, len(whole), len(whole) // 60)]:
        path = tmp_path / "7_20205_2_0.xml"
        path.write_bytes(whole[:size])
        with pytest.raises(InputError, match="cardiosoft"):
            reader.read(path)


def test_deep_nesting_and_a_billion_laughs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a_20205_2_0.xml"
    path.write_bytes(b"<CardiologyXML>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</CardiologyXML>")
    with pytest.raises(InputError, match="no StripData"):
        reader.read(path)
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    path.write_text(f'<!DOCTYPE C [<!ENTITY l0 "ha">{laughs}]><CardiologyXML>&l9;</CardiologyXML>')
    with pytest.raises(InputError, match="entities"):
        reader.read(path)
