"""Cines from DICOM folders, zips and NIfTI, through a whole ingest: series chosen, values kept, trouble reported."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bulk import CANARY, Scan, dicom, heart, write_folder, write_nifti, write_zip
from ecg_records import shared_data
from latentspace.arrays import read_rows
from latentspace.errors import InputError, MissingExtraError
from latentspace.ingest import IngestOptions, ingest
from latentspace.ingest.views import says
from latentspace.prepare.cine import Acquired, prepare_cine
from latentspace.progress import silent
from latentspace.readers import dicom_cine, nifti_cine
from latentspace.readers.archive import members
from latentspace.report import IngestReport
from latentspace.workspace import open_folder
from real_cine import acquired

UPRIGHT = np.array([1.0, 0, 0, 0, 1.0, 0])


def real() -> Path:
    """The real person; the test is skipped where there is none."""
    folder = shared_data() / "cine_dicom" / "subject1"
    if not folder.is_dir():
        pytest.skip("real cines: set LATENTSPACE_REAL_DATA to the folder that holds cine_dicom/")
    return folder


def taken(source: Path, into: Path, **options: object) -> tuple[np.ndarray, IngestReport]:
    """The cines of one source, and the report."""
    report = ingest([source], into, IngestOptions(workers=1, **options), silent)  # pyright: ignore[reportArgumentType]
    return read_rows(open_folder(into).recordings("cine")), report


def expected(frames: np.ndarray, rr_ms: float = 900.0) -> np.ndarray:
    """The same frames, prepared without any file."""
    n = len(frames)
    whole = Acquired(frames.astype(np.float32), (1.8, 1.8), np.round(np.arange(n) * rr_ms / n, 4), rr_ms, UPRIGHT)
    return prepare_cine(whole, source="made").frames


def codes(report: IngestReport) -> list[tuple[str, str]]:
    return [(entry.code, entry.outcome) for entry in report.entries]


@pytest.mark.parametrize("series", ["Se6", "Se7"])
def test_a_real_series_becomes_a_cine_with_the_values_that_pydicom_reads(tmp_path: Path, series: str) -> None:
    cines, report = taken(real() / series, tmp_path / "w.ls")
    independent = acquired(series)
    assert cines.shape == (1, 50, 96, 96)
    assert np.array_equal(cines[0], prepare_cine(independent, source=series).frames)
    assert report.entries == []
    told = report.recordings[0]
    assert told["spacing_mm"] == list(independent.spacing_mm)
    assert told["rr_ms"] == independent.rr_ms
    assert told["frames"] == 25
    assert open_folder(tmp_path / "w.ls").subjects()["cine_rr_ms"].to_list() == [independent.rr_ms]


def test_both_real_series_lie_alike_with_the_heart_whole_in_the_middle(tmp_path: Path) -> None:
    folder = real()
    ingest([folder / "Se6", folder / "Se7"], tmp_path / "w.ls", IngestOptions(workers=1), silent)
    cines = read_rows(open_folder(tmp_path / "w.ls").recordings("cine")).astype(np.float64)
    for cine in cines:
        beating = np.abs(np.fft.fft(cine, axis=0)[1])
        beating = np.minimum(beating, np.percentile(beating, 99)) ** 2
        total, edge = beating.sum(), beating[8:-8, 8:-8].sum()
        assert edge / total > 0.8  # what beats does not touch the border
        y, x = np.mgrid[:96, :96]
        middle = np.array([(beating * y).sum(), (beating * x).sum()]) / total
        assert np.abs(middle - 47.5).max() < 12
    upright = [cines[0].mean(axis=0), cines[1].mean(axis=0)]
    turned = [np.corrcoef(upright[0].ravel(), np.rot90(upright[1], k).ravel())[0, 1] for k in range(4)]
    assert int(np.argmax(turned)) == 0  # of all quarter turns they agree best as they lie


def test_a_whole_real_study_is_ambiguous_and_all_its_series_are_listed(tmp_path: Path) -> None:
    folder = real().parent
    with pytest.raises(InputError, match=r"14001 .*16001 ") as refused:
        ingest([folder], tmp_path / "w.ls", IngestOptions(workers=1), silent)
    assert refused.value.code == "ingest.nothing"
    (tmp_path / "map.csv").write_text("series,view\n*4ch*,3ch\n")
    (tmp_path / "m.toml").write_text('[[modality]]\nname = "cine"\nkind = "cine"\nseries_map = "map.csv"\n')
    uid = re.findall(r" 14001 .*?; ([\d.]+)\)", str(refused.value))[0]
    (tmp_path / "map.csv").write_text(f"series,view\n{uid},4ch\n*,other\n")
    cines, _ = taken(folder, tmp_path / "w.ls", modalities=tmp_path / "m.toml")
    assert np.array_equal(cines[0], prepare_cine(acquired("Se6"), source="Se6").frames)


@pytest.mark.parametrize("form", ["folder", "zip", "biobank"])
def test_a_written_series_comes_back_as_it_was_whatever_holds_it(tmp_path: Path, form: str) -> None:
    scans = [Scan(frames=heart(1)), Scan(frames=heart(2), description="CINE_segmented_LAX_2Ch", number=2)]
    where = {"folder": "s/007", "zip": "s/007.zip", "biobank": "s/12/007_20208_2_0.zip"}[form]
    (write_folder if form == "folder" else write_zip)(tmp_path / where, scans)
    cines, report = taken(tmp_path / "s", tmp_path / "w.ls")
    assert np.array_equal(cines[0], expected(heart(1)))
    assert report.entries == []
    assert report.facts["series_chosen"] == {"cine segmented lax 4ch": 1}
    assert report.facts["series_ignored"] == {"cine segmented lax 2ch": 1}
    subjects = open_folder(tmp_path / "w.ls").subjects()
    assert subjects.select("subject_id", "visit").rows() == [("007", "2" if form == "biobank" else "1")]
    for path in (tmp_path / "w.ls").rglob("*"):
        assert not path.is_file() or not any(word in path.read_bytes() for word in (CANARY.encode(), b"19010101"))


def test_a_patient_who_lies_turned_comes_out_upright(tmp_path: Path) -> None:
    frames = heart(3)
    turned = replace(Scan(frames=frames.transpose(0, 2, 1)), orientation=(0.0, 1.0, 0.0, 1.0, 0.0, 0.0))
    write_folder(tmp_path / "s" / "a", [turned])
    cines, _ = taken(tmp_path / "s", tmp_path / "w.ls")
    assert np.array_equal(cines[0], expected(frames))


def test_of_repeats_of_one_plane_the_last_is_taken_and_the_others_are_listed(tmp_path: Path) -> None:
    write_folder(tmp_path / "s" / "a", [Scan(frames=heart(1), number=9), Scan(frames=heart(2), number=30)])
    cines, report = taken(tmp_path / "s", tmp_path / "w.ls")
    assert np.array_equal(cines[0], expected(heart(2)))
    assert codes(report) == [("cine.repeat", "flagged")]
    assert "not 9 " in report.entries[0].reason


def test_missing_frames_and_missing_times_are_said(tmp_path: Path) -> None:
    write_folder(tmp_path / "s" / "a", [Scan(frames=heart(1), drop=(7,))])
    write_folder(tmp_path / "s" / "b", [Scan(frames=heart(2), timed=False)])
    write_folder(tmp_path / "s" / "c", [Scan(frames=heart(3), drop=tuple(range(8)))])
    cines, report = taken(tmp_path / "s", tmp_path / "w.ls")
    assert codes(report) == [
        ("cine.missing_frames", "flagged"),
        ("cine.order", "flagged"),
        ("cine.missing_frames", "rejected"),
    ]
    assert np.abs(cines[0].astype(int) - expected(heart(1))).mean() < 1
    assert np.array_equal(cines[1], expected(heart(2), 1000.0))
    assert open_folder(tmp_path / "w.ls").subjects()["cine_rr_ms"].to_list() == [900.0, None]


BAD = {
    "localizer": (Scan(frames=heart(1), kind="LOCALIZER"), "cine.view"),
    "burned": (Scan(frames=heart(1), burned="YES"), "cine.view"),
    "nameless": (Scan(frames=heart(1), description="whatever"), "cine.view"),
    "short": (Scan(frames=heart(1)[:5]), "cine.view"),
    "spacing": (Scan(frames=heart(1), spacing_mm=(-1.0, 1.8)), "cine.spacing"),
    "still": (Scan(frames=np.repeat(heart(1)[:1], 25, axis=0)), "cine.still"),
}


def test_what_is_no_four_chamber_cine_is_a_line_of_the_report_and_the_rest_is_there(tmp_path: Path) -> None:
    write_folder(tmp_path / "s" / "good", [Scan(frames=heart(2))])
    for name, (scan, _) in BAD.items():
        write_folder(tmp_path / "s" / name, [scan])
    cines, report = taken(tmp_path / "s", tmp_path / "w.ls")
    lines = {e.subject: (e.code, e.outcome) for e in report.entries}
    assert lines == {name: (code, "rejected") for name, (_, code) in BAD.items()}
    assert len(report.entries) == len(BAD)
    assert np.array_equal(cines, expected(heart(2))[None])


def test_two_planes_in_one_series_are_no_cine(tmp_path: Path) -> None:
    write_folder(tmp_path / "s" / "good", [Scan(frames=heart(2))])
    both = [replace(Scan(frames=heart(i)), position=(0.0, 0.0, 8.0 * i)) for i in (1, 2)]
    folder = write_folder(tmp_path / "s" / "bad", both[:1])
    for name, data in dicom(both[1]).items():
        (folder / f"x{name}").write_bytes(data.replace(b"1.2.3.1.", b"1.2.3.9."))
    _, report = taken(tmp_path / "s", tmp_path / "w.ls")
    assert codes(report) == [("cine.mixed", "rejected")]


@pytest.mark.parametrize("name", ["007_4ch.nii", "007_4ch.nii.gz"])
def test_a_nifti_image_is_the_same_cine_as_its_frames(tmp_path: Path, name: str) -> None:
    write_nifti(tmp_path / "s" / name, heart(4))
    cines, report = taken(tmp_path / "s", tmp_path / "w.ls")
    assert np.abs(cines[0].astype(int) - expected(2 * heart(4) + 10)).max() <= 1  # sizes in a NIfTI are float32
    assert report.entries == []
    assert open_folder(tmp_path / "w.ls").subjects()["subject_id"].to_list() == ["007_4ch"]
    assert report.recordings[0]["rr_ms"] == pytest.approx(900)
    assert report.recordings[0]["orientation"] == pytest.approx([1, 0, 0, 0, 1, 0])


def test_a_nifti_image_agrees_with_nibabel(tmp_path: Path) -> None:
    nibabel = pytest.importorskip("nibabel", reason="nibabel is the independent reader of NIfTI")
    path = write_nifti(tmp_path / "a_4ch.nii.gz", heart(4))
    image = nibabel.load(path)
    with members(path) as (file,):
        cine = nifti_cine.load(file)
    assert np.array_equal(cine.acquired.frames, image.get_fdata()[:, :, 0].transpose(2, 1, 0))
    assert cine.acquired.orientation is not None
    along = image.affine[:3, :2] / np.linalg.norm(image.affine[:3, :2], axis=0) * np.array([[-1], [-1], [1]])
    np.testing.assert_allclose(cine.acquired.orientation, along.T.ravel(), atol=1e-6)


def test_a_table_may_name_the_folder_or_the_zip_of_a_cine(tmp_path: Path) -> None:
    write_folder(tmp_path / "s" / "site" / "one" / "images", [Scan(frames=heart(1))])
    write_zip(tmp_path / "s" / "site" / "two.zip", [Scan(frames=heart(2))])
    write_folder(tmp_path / "s" / "site" / "nobody", [Scan(frames=heart(3))])
    (tmp_path / "t.csv").write_text("id,mri\n007,site/one\n8,two.zip\n9,\n")
    (tmp_path / "m.toml").write_text(
        '[table]\nsubject = "id"\ncine = "mri"\n[[modality]]\nname = "cine"\nkind = "cine"\n'
    )
    cines, report = taken(tmp_path / "s", tmp_path / "w.ls", table=tmp_path / "t.csv", modalities=tmp_path / "m.toml")
    assert open_folder(tmp_path / "w.ls").subjects()["subject_id"].to_list() == ["007", "8"]
    assert np.array_equal(cines, np.stack([expected(heart(1)), expected(heart(2))]))
    assert [(e.code, e.file) for e in report.entries] == [("row.no_record", "t.csv"), ("record.no_row", "nobody")]


@pytest.mark.parametrize(
    ("description", "is_it"),
    [
        ("CINE_segmented_LAX_4Ch", True),
        ("cine_trufi_retro 4CH", True),
        ("Four Chamber SSFP", True),
        ("HLA", True),
        ("BH 4-chamber cine", True),
        ("CINE_segmented_LAX_2Ch", False),
        ("2ch 4ch localizer", False),
        ("LGE 4ch", False),
        ("14 chambers", False),
        ("cine_sax", False),
        ("", False),
    ],
)
def test_only_a_description_of_this_view_alone_says_so(description: str, is_it: bool) -> None:  # noqa: FBT001
    assert says(description) == is_it


def test_without_pydicom_the_command_to_install_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "s" / "a", [Scan(frames=heart(1))])
    monkeypatch.setattr(dicom_cine, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match="formats"):
        ingest([tmp_path / "s"], tmp_path / "w.ls", IngestOptions(workers=1), silent)
