"""What lies in the sources, by kind, and what of it the modalities ask for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from latentspace.errors import NotFoundError
from latentspace.ingest.cines import CineJob, Place, find_cines, read_cine
from latentspace.ingest.match import Visit
from latentspace.ingest.plan import DEFAULT, Plan, read_plan
from latentspace.ingest.records import Record, RecordJob, find_records, read_record
from latentspace.ingest.views import Mapping, read_map
from latentspace.readers import dicom_cine

Job = RecordJob | CineJob


@dataclass(frozen=True, slots=True)
class Sources:
    """Files of ECGs, and places of images, in the order in which they lie there."""

    ecg: tuple[Path, ...]
    cine: tuple[Place, ...]

    def found(self, plan: Plan, *, with_table: bool) -> dict[str, tuple[Path, ...]]:
        """Files and folders by kind, of the kinds that the plan asks for; a table may name any folder about images."""
        around = [path for place in self.cine for path in (place.around() if with_table else (place.person,))]
        found = {"ecg": self.ecg if plan.leads else (), "cine": tuple(dict.fromkeys(around)) if plan.cine else ()}
        return {kind: paths for kind, paths in found.items() if paths}

    def ignored(self, plan: Plan) -> dict[str, int]:
        """How many of each kind no modality asks for."""
        unasked = {"ecg": 0 if plan.leads else len(self.ecg), "cine": 0 if plan.cine else len(self.cine)}
        return {kind: n for kind, n in unasked.items() if n}


def look(sources: Sequence[Path], modalities: Path | None, series_map: Path | None) -> tuple[Sources, Plan]:
    """What is in the sources, and the plan: without a modalities file, whatever is there.

    A series map given here counts before the one that the plan names.

    Raises:
        NotFoundError: a source or the modalities file is not there, or nothing that the plan asks for.
        InputError: the modalities file cannot be understood.
        MissingExtraError: there are DICOM images, and what reads them is not installed.
    """
    for source in sources:
        if not source.exists():
            found, hint = "does not exist", "Check the path of the recordings."
            raise NotFoundError("ingest.no_source", where=str(source), found=found, hint=hint)
    there = Sources(find_records(sources), find_cines(sources))
    plan = read_plan(modalities) if modalities else DEFAULT
    kinds = there.found(plan, with_table=False)
    if not kinds:
        found = "holds no recording that can be read and that a modality asks for"
        hint = "WFDB, CardioSoft XML and tables of leads; DICOM and NIfTI cines, in folders or zips."
        raise NotFoundError("ingest.no_records", where=str(sources[0]), found=found, hint=hint)
    if plan.cine and any(place.dicom for place in there.cine):
        dicom_cine.need()
    if not modalities:
        asked = [*(plan.leads if "ecg" in kinds else ()), *([plan.cine] if plan.cine and "cine" in kinds else ())]
        plan = replace(plan, modalities=tuple(asked))
    return there, plan if series_map is None else plan.with_series_map(series_map)


def mapping_of(plan: Plan) -> Mapping:
    """The series map that the plan names, empty where it names none."""
    cine = plan.cine
    return read_map(plan.folder / cine.series_map) if cine and cine.series_map else ()


def jobs_of(visits: Sequence[Visit], plan: Plan) -> list[tuple[int, str, Job]]:
    """What to read: the visit's position, the kind, and the job."""
    cine, mapping = plan.cine, mapping_of(plan)
    jobs: list[tuple[int, str, Job]] = []
    for i, visit in enumerate(visits):
        for kind, path in visit.files.items():
            if kind == "ecg":
                job = RecordJob(path=path, name=path.name, subject=visit.subject_id, modalities=plan.leads)
                jobs.append((i, kind, job))
            elif cine:
                name, view = cine.name, cine.view
                one = CineJob(
                    path=path, name=path.name, subject=visit.subject_id, modality=name, view=view, mapping=mapping
                )
                jobs.append((i, kind, one))
    return jobs


def read_job(job: Job) -> Record:
    """Read one file or folder; runs in a limited child process."""
    return read_record(job) if isinstance(job, RecordJob) else read_cine(job)
