"""WFDB records against the `wfdb` package, and headers that lie."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg_records import made_ecg, real_data, write_record
from latentspace.errors import InputError
from latentspace.readers import wfdb

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its own use of pandas is deprecated
    import wfdb as reference


def recorded(header: Path) -> np.ndarray:
    """(signal, time) in the header's units, as the reference reads it."""
    record = reference.rdrecord(str(header.with_suffix("")))
    assert isinstance(record, reference.Record)
    assert record.p_signal is not None
    return record.p_signal.T


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # pandas, within the reference
@pytest.mark.parametrize(
    ("kind", "high"), [("16", 30_000), ("24", 8_000_000), ("32", 2**30), ("80", 120), ("212", 2000)]
)
@pytest.mark.parametrize("samples", [500, 501])
def test_every_format_is_read_as_the_reference_reads_it(tmp_path: Path, kind: str, high: int, samples: int) -> None:
    counts = np.random.default_rng(0).integers(-high, high, (samples, 3))
    reference.wrsamp(
        "made", fs=250, units=["mV", "uV", "mV"], sig_name=["I", "II", "V1"], d_signal=counts, fmt=[kind] * 3,
        adc_gain=[200.0, 3.5, 1000.0], baseline=[0, 17, -5], write_dir=str(tmp_path),
    )  # fmt: skip
    signal = wfdb.read(tmp_path / "made.hea")
    expected = recorded(tmp_path / "made.hea")
    expected[1] *= 1e-3  # uV
    assert signal.leads == ("I", "II", "V1")
    assert signal.sampling_rate_hz == 250
    np.testing.assert_allclose(signal.values, expected, rtol=1e-6, atol=1e-7)


@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_real_records_are_read_as_the_reference_reads_them() -> None:
    headers = sorted((real_data() / "records500").rglob("*.hea"))[::40]
    assert headers
    for header in headers:
        signal = wfdb.read(header)
        np.testing.assert_allclose(signal.values, recorded(header), atol=1e-6)
        assert list(signal.leads) == reference.rdheader(str(header.with_suffix(""))).sig_name


def test_a_sample_marked_invalid_is_missing_and_not_a_voltage(tmp_path: Path) -> None:
    values = made_ecg([1, 2, 3])
    values[3, 100:110] = np.nan
    read = wfdb.read(write_record(tmp_path, "gap", values)).values
    assert np.isnan(read[3, 100:110]).all()
    assert np.isnan(read).sum() == 10


def test_a_signal_file_cut_anywhere_is_refused(tmp_path: Path) -> None:
    header = write_record(tmp_path, "cut", made_ecg([1])[:, :20])
    data = header.with_suffix(".dat")
    whole = data.read_bytes()
    for size in range(len(whole)):
        data.write_bytes(whole[:size])
        with pytest.raises(InputError, match=r"wfdb\.truncated"):
            wfdb.read(header)


def test_a_header_cut_anywhere_is_refused_or_read_whole(tmp_path: Path) -> None:
    header = write_record(tmp_path, "cut", made_ecg([1])[:, :20])
    text = header.read_text().rstrip("\n")
    for size in range(text.rindex("\n")):
        header.write_text(text[:size])
        with pytest.raises(InputError):
            wfdb.read(header)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("r 12 500 100000000", "wfdb.malformed"),
        ("r 1 500 20000000\nr.dat 16 200 16 0 0 0 0 I", "wfdb.truncated"),
        ("r 1 500 100000000\nr.dat 16 200 16 0 0 0 0 I", "wfdb.malformed"),
        ("r 100000000 500 10", "wfdb.malformed"),
        ("r 1 0 10\nr.dat 16 200 16 0 0 0 0 I", "wfdb.malformed"),
        ("r 1 -500 10\nr.dat 16 200 16 0 0 0 0 I", "wfdb.malformed"),
        ("r 1 nan 10\nr.dat 16 200 16 0 0 0 0 I", "wfdb.malformed"),
        ("r/3 1 500 10\nr.dat 16 200 16 0 0 0 0 I", "wfdb.segments"),
        ("r 1 500 10\nr.dat 310 200 16 0 0 0 0 I", "wfdb.format"),
        ("r 1 500 10\n../r.dat 16 200 16 0 0 0 0 I", "wfdb.path"),
        ("r 1 500 10\n/etc/passwd 16 200 16 0 0 0 0 I", "wfdb.path"),
        ("r 1 500 10\nr\0.dat 16 200 16 0 0 0 0 I", "wfdb.missing_dat"),
        ("r 1 500 10\nr.dat 16 200/mmHg 16 0 0 0 0 I", "wfdb.unit"),
        ("r 1 500 10\nr.dat 16 e 16 0 0 0 0 I", "wfdb.malformed"),
        ("r 1 500 10\nr.dat 16 200 16 0 0 7 0 I", "wfdb.checksum"),
        ("", "wfdb.malformed"),
    ],
)
def test_a_lying_header_is_refused_by_name(tmp_path: Path, header: str, code: str) -> None:
    (tmp_path / "r.hea").write_text(header)
    (tmp_path / "r.dat").write_bytes(bytes(20))
    with pytest.raises(InputError) as error:
        wfdb.read(tmp_path / "r.hea")
    assert error.value.code == code


@given(
    st.text(max_size=200)
    | st.from_regex(
        r"\Ar \d{1,3} \d{1,4} \d{1,9}\n(r\.dat \d{1,3}[x:+]?\d* [-+.\de]{0,9}(/\S{0,3})?[ \d]*\w*\n){0,3}\Z"
    )
)
@settings(max_examples=300, deadline=None)
def test_no_text_makes_the_header_parser_fail_otherwise_than_by_refusing(text: str) -> None:
    try:
        header = wfdb.parse_header(text, where="r.hea")
    except InputError:
        return
    assert header.sampling_rate_hz > 0
    assert all(channel.format in wfdb.BYTES_PER_SAMPLE for channel in header.channels)
