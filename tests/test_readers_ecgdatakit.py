"""ECGs of eight formats against readers that share no code with ours, and what must hold when a file is bad."""

import base64
import struct
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from importlib import util
from importlib.metadata import files
from pathlib import Path

import numpy as np
import pytest
import sierraecg
from ecgdatakit.parsing.codecs.lzw import LzwDecoder
from pydicom import dcmread
from pydicom.data import get_testdata_file
from scipy.signal import resample_poly

from device_files import CANARY, write_edf, write_ishne, write_mortara, write_muse, write_scp
from ecg_records import LEADS, made_ecg, shared_data
from latentspace.errors import InputError
from latentspace.ingest import IngestOptions, ingest
from latentspace.ingest.records import RecordJob, read_record
from latentspace.modality import Signal
from latentspace.prepare.leads import limb_residual, standard_leads
from latentspace.progress import silent
from latentspace.readers import ecgdatakit
from latentspace.readers.xli import unpacked_size
from latentspace.workspace import open_folder

Write = Callable[..., Path]
EIGHT = ("I", "II", "V1", "V2", "V3", "V4", "V5", "V6")
HL7 = "{urn:hl7-org:v3}"
WRITERS: Mapping[str, tuple[Write, float, float]] = {  # writer, Hz, the largest error of its counts in mV
    "muse.xml": (write_muse, 500, 0.0025),
    "mortara.xml": (write_mortara, 1000, 0.0013),
    "a.edf": (write_edf, 200, 0.0001),
    "a.ecg": (write_ishne, 180, 0.0013),
    "a.scp": (write_scp, 500, 0.0025),
}


def real(*parts: str) -> Path:
    path = shared_data() / "ecg_xml" / Path(*parts)
    if not path.is_file():
        pytest.skip("no real recordings: set LATENTSPACE_REAL_DATA to a folder that holds ecg_xml/")
    return path


def made(rate_hz: float, names: tuple[str, ...] = EIGHT) -> dict[str, np.ndarray]:
    """Ten seconds of these leads in mV at that rate."""
    values: dict[str, np.ndarray] = dict(zip(LEADS, made_ecg(np.arange(0.4, 9.4, 0.8).tolist()), strict=True))
    return {name: resample_poly(values[name], int(rate_hz), 500) for name in names}


def same(signal: Signal, truth: Mapping[str, np.ndarray], atol: float) -> None:
    assert set(signal.leads) == set(truth)
    for lead, row in zip(signal.leads, signal.values, strict=True):
        np.testing.assert_allclose(row, truth[lead][: len(row)], atol=atol, err_msg=lead)


@pytest.mark.parametrize("name", ["subject1_0.xml", "subject2_0.xml", "minimum_aecg.xml"])
def test_a_real_hl7_document_has_the_digits_times_the_scale_that_stand_in_it(name: str) -> None:
    path = real("hl7_aecg", name)
    truth: dict[str, np.ndarray] = {}
    series = ET.fromstring(path.read_text()).find(f"{HL7}component/{HL7}series")  # noqa: S314 - a file of our own
    assert series is not None
    for one in series.iter(f"{HL7}sequence"):
        code, value = one.find(f"{HL7}code"), one.find(f"{HL7}value")
        assert code is not None
        assert value is not None
        if "LEAD" in code.attrib["code"] and code.attrib["code"] not in truth:
            origin, scale, digits = (value.find(HL7 + part) for part in ("origin", "scale", "digits"))
            assert origin is not None
            assert scale is not None
            assert digits is not None
            assert origin.attrib["unit"] == scale.attrib["unit"] == "uV"
            numbers = np.array([float(d) for d in (digits.text or "").split()])
            lead = code.attrib["code"].removeprefix("MDC_ECG_LEAD_").replace("AV", "aV")
            truth.setdefault(lead, (numbers * float(scale.attrib["value"]) + float(origin.attrib["value"])) / 1000)
    signal = ecgdatakit.read(path)
    same(signal, truth, 1e-6)
    assert signal.sampling_rate_hz == 500
    assert signal.own_id == {"m": "SBJ-123"}.get(name[0], name.removesuffix("_0.xml"))


@pytest.mark.parametrize("name", ["129DYPRG.XML", "3191723_ZZDEMOPTONLY_1-04_orig.xml"])
def test_a_real_sierra_document_is_what_sierraecg_reads_up_to_its_calibration_pulse(name: str) -> None:
    path = real("philips_sierra", name)
    theirs = sierraecg.read_file(str(path))
    truth = {lead.label: np.asarray(lead.samples) * 0.005 for lead in theirs.leads}  # both state 5 uV
    signal = ecgdatakit.read(path)
    same(signal, truth, 1e-6)
    assert signal.sampling_rate_hz == theirs.leads[0].sampling_freq == 500
    left_out = np.stack([row[signal.values.shape[1] :] for row in truth.values()])
    assert (left_out == left_out[0]).all()
    assert left_out.max() == 1.0
    assert left_out.shape[1] < 0.05 * len(truth["I"])
    assert [remark.code for remark in signal.remarks] == ["signal.calibration"]
    assert limb_residual(standard_leads(signal)) < 0.01


def packed(codes: Sequence[int]) -> bytes:
    """Codes of ten bits as one lead of Philips' packing."""
    bits = "".join(f"{code:010b}" for code in codes)
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    return struct.pack("<ihh", len(data), 0, 0) + data


def test_leads_that_would_fill_the_memory_are_counted_and_not_unpacked(tmp_path: Path) -> None:
    codes = [0, *range(256, 1023), *[1022] * 20_000]
    theirs = LzwDecoder(packed(codes)[8:], bits=10).read_all()
    assert unpacked_size(b">" + base64.b64encode(packed(codes)) + b"<", 1 << 30) == len(theirs)
    text = real("philips_sierra", "129DYPRG.XML").read_text()
    start = text.index(">", text.index("<parsedwaveforms")) + 1
    bomb = base64.b64encode(packed(codes) * 3).decode()
    path = tmp_path / "a.xml"
    path.write_text(text[:start] + bomb + text[text.index("<", start) :])
    with pytest.raises(InputError, match="when unpacked") as refused:
        ecgdatakit.read(path)
    assert refused.value.code == "device.size"


def dicoms() -> list[Path]:
    given = [path.locate() for path in files("ecgprocess") or [] if path.suffix == ".dcm"]
    return [Path(str(get_testdata_file("waveform_ecg.dcm"))), *map(Path, map(str, sorted(map(str, given))))]


@pytest.mark.parametrize("path", dicoms(), ids=lambda path: path.name)
def test_a_real_dicom_ecg_is_what_pydicom_reads(path: Path) -> None:
    theirs = dcmread(path)
    group = theirs.WaveformSequence[0]
    array = theirs.waveform_array(0)
    channels = group.ChannelDefinitionSequence
    names = [c.ChannelSourceSequence[0].CodeMeaning.removeprefix("Lead ").split(" ")[0] for c in channels]
    units = {c.ChannelSensitivityUnitsSequence[0].CodeValue for c in channels}
    assert units <= {"uV", "mV"}
    scale = [1e-3 if c.ChannelSensitivityUnitsSequence[0].CodeValue == "uV" else 1.0 for c in channels]
    signal = ecgdatakit.read(path)
    same(signal, {n: array[:, i] * scale[i] for i, n in enumerate(names)}, 1e-6)
    assert signal.sampling_rate_hz == float(group.SamplingFrequency)
    assert signal.own_id == str(theirs.PatientID)


@pytest.mark.parametrize("name", WRITERS)
def test_written_files_come_back_in_millivolts_with_rate_leads_and_their_own_id(tmp_path: Path, name: str) -> None:
    write, rate, error = WRITERS[name]
    truth = made(rate, tuple(reversed(EIGHT)))  # no order is assumed
    signal = ecgdatakit.read(write(tmp_path / name, truth))
    same(signal, truth, error)
    assert signal.sampling_rate_hz == rate
    assert signal.own_id == ("" if name == "a.edf" else "0071")  # EDF's field is free text
    assert signal.remarks == ()
    full = standard_leads(signal)
    assert full.leads[:6] == ("I", "II", "III", "aVR", "aVL", "aVF")
    np.testing.assert_allclose(full.values[2], truth["II"] - truth["I"], atol=2.1 * error)


def test_an_interval_of_0_ms_says_that_there_is_none(tmp_path: Path) -> None:
    measured = ecgdatakit.read(write_muse(tmp_path / "a.xml", made(500))).measured
    assert measured == {"device_heart_rate": 75.0, "device_qrs_ms": 92.0}


def test_a_holter_lead_that_is_off_has_no_value_there(tmp_path: Path) -> None:
    truth = made(180)
    truth["V3"][100:200] = np.nan
    signal = ecgdatakit.read(write_ishne(tmp_path / "a.ecg", truth))
    row = signal.values[signal.leads.index("V3")]
    assert np.flatnonzero(np.isnan(row)).tolist() == list(range(100, 200))


@pytest.mark.parametrize(
    ("name", "write", "options"),
    [("a.xml", write_muse, {"unit": "FURLONGS"}), ("a.edf", write_edf, {"unit": ""})],
)
def test_a_unit_is_never_assumed(tmp_path: Path, name: str, write: Write, options: Mapping[str, str]) -> None:
    path = write(tmp_path / name, made(200 if name == "a.edf" else 500), **options)
    with pytest.raises(InputError, match="does not say how many mV") as refused:
        ecgdatakit.read(path)
    assert refused.value.code == "device.unit"


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_cut_off_or_changed_anywhere_is_a_signal_or_a_line(tmp_path: Path, name: str) -> None:
    write, rate, _ = WRITERS[name]
    path = write(tmp_path / name, {n: row[: int(2 * rate)] for n, row in made(rate, ("I", "II", "V1")).items()})
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    cuts = [whole[:size] for size in [*range(0, 700, 41), *range(700, len(whole), len(whole) // 25)]]
    places = rng.integers(0, min(len(whole), 1500), 60)
    for data in [*cuts, *(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] for at in places)]:
        path.write_bytes(data)
        if not ecgdatakit.sniff(path):
            continue
        try:
            signal = ecgdatakit.read(path)
        except InputError as refused:
            assert CANARY not in str(refused)  # noqa: PT017 - some are read
            assert refused.hint  # noqa: PT017
        else:
            assert signal.values.shape[0] == len(signal.leads)
            assert not any(CANARY in remark.reason for remark in signal.remarks)


def test_entities_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    bomb = '<!DOCTYPE a [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    for root in ("RestingECG", "AnnotatedECG", "restingecgdata"):
        path.write_text(f"{bomb}<{root}>&b;</{root}>")
        with pytest.raises(InputError, match=r"device\.malformed"):
            ecgdatakit.read(path)


def test_without_the_library_the_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_scp(tmp_path / "a.scp", made(500))
    real_find = util.find_spec
    monkeypatch.setattr(ecgdatakit, "find_spec", lambda name: None if name == "ecgdatakit" else real_find(name))
    entry = read_record(RecordJob(path=path, name="a.scp", subject="7", modalities=())).entries[0]
    assert (entry.code, entry.outcome) == ("device.extra", "rejected")
    assert "latent-space-explorer[formats]" in entry.hint


def test_nothing_of_the_library_is_imported_before_such_a_file_is_met() -> None:
    code = "import sys, latentspace.ingest, latentspace.cli; sys.exit('ecgdatakit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_folder_of_all_kinds_is_ingested_and_names_stay_outside(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for i, (name, (write, rate, _)) in enumerate(WRITERS.items()):
        write(source / f"p{i}{Path(name).suffix}", made(rate))
    report = ingest([source], tmp_path / "w", IngestOptions(workers=1), silent)
    workspace = open_folder(tmp_path / "w")
    assert workspace.subjects()["subject_id"].to_list() == [f"p{i}" for i in range(5)]
    assert report.facts["present"] == {"ecg": 5}
    assert np.nanmin(workspace.subjects()["heart_rate"].to_numpy()) == pytest.approx(75, abs=1)
    found = b"".join(p.read_bytes() for p in (tmp_path / "w").rglob("*") if p.is_file())
    assert CANARY.encode() not in found
    assert b"1950-" not in found
    assert b"-1950" not in found


def test_files_are_tied_by_the_id_inside_where_that_is_asked_for(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    write_scp(source / "b.scp", made(500))
    write_muse(source / "a.xml", {name: 1.5 * row for name, row in made(500).items()})
    write_edf(source / "other.edf", made(200))
    plan = tmp_path / "m.toml"
    plan.write_text('[table]\nids = "inside"\n[[modality]]\nname = "ecg"\nleads = ["I", "II"]\n')
    ingest([source], tmp_path / "w", IngestOptions(workers=1, modalities=plan), silent)
    subjects = open_folder(tmp_path / "w").subjects()
    assert subjects.select("subject_id", "visit").rows() == [("0071", "1"), ("0071", "2"), ("other", "1")]
    (source / "b.scp").unlink()
    (tmp_path / "people.csv").write_text("subject_id,age\nother,50\n0071,60\n")
    options = IngestOptions(workers=1, modalities=plan, table=tmp_path / "people.csv")
    report = ingest([source], tmp_path / "w2", options, silent)
    assert open_folder(tmp_path / "w2").subjects()["age"].to_list() == [50, 60]
    assert [entry for entry in report.entries if entry.outcome == "rejected"] == []
