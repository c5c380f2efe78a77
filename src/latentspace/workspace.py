"""The workspace: a folder with a cohort and its runs. The only module that knows the paths of the cohort."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import polars as pl
import zarr
from jaxtyping import Bool

from latentspace.arrays import Rows, open_array, read_rows, write_arrays
from latentspace.artifact import content_hash, read_json, recover, replace_file, replace_folder, replace_json
from latentspace.errors import InputError, NotFoundError, VersionError
from latentspace.modality import Axis, Modality
from latentspace.phenotype import Dictionary, parse_dictionary
from latentspace.run import Run

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortData:
    """A cohort ready to be written: rows of `subjects` and of every array are the same visits.

    `recordings[m]` is `(n, *shape)` of the modality's dtype, in memory or read as it is written; `present[m]` says who
    has it. `report` is the content of ingest.json, `report_page` that of ingest.html or `""`. Simulated people come
    from a `simulator` (its name and version), and `truth` has every factor that they were made from, a row each.
    """

    title: str
    modalities: tuple[Modality, ...]
    subjects: pl.DataFrame
    dictionary: Dictionary
    recordings: Mapping[str, Rows]
    present: Mapping[str, np.ndarray]
    report: Mapping[str, Any]
    report_page: str = ""
    simulator: str = ""
    truth: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Workspace:
    """An existing workspace folder; `create` writes one, `open_folder` checks one.

    `elsewhere` is the URL where the recordings lie, or `""` where they lie in the folder.
    """

    path: Path
    title: str
    simulator: str
    modalities: tuple[Modality, ...]
    hashes: Mapping[str, str]
    elsewhere: str = ""

    @property
    def name(self) -> str:
        """Name of the folder, as in the page's address."""
        return self.path.name

    @property
    def simulated(self) -> bool:
        """Whether nobody of this cohort ever lived."""
        return bool(self.simulator)

    @property
    def modelled(self) -> tuple[Modality, ...]:
        """The modalities that enter the encoder."""
        return tuple(m for m in self.modalities if m.role == "modelled")

    def modality(self, name: str) -> Modality:
        """The modality of that name.

        Raises:
            NotFoundError: no such modality.
        """
        for modality in self.modalities:
            if modality.name == name:
                return modality
        names = ", ".join(m.name for m in self.modalities)
        raise NotFoundError(
            "modality.unknown", where=f"modality {name!r}", found=f"not in this workspace ({names})", hint="Use one."
        )

    def subjects(self) -> pl.DataFrame:
        """One row for each person and visit: subject_id, visit, the dictionary's phenotypes, kept_with."""
        try:
            return pl.read_parquet(self.path / "subjects.parquet")
        except (OSError, pl.exceptions.PolarsError) as error:
            raise _damaged(self.path / "subjects.parquet", error) from error

    def dictionary(self) -> Dictionary:
        """The data dictionary."""
        path = self.path / "phenotypes.json"
        try:
            return parse_dictionary(path.read_text(encoding="utf-8"), where=str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise _damaged(path, error) from error

    def recordings(self, modality: str) -> zarr.Array:
        """All recordings of a modality, unread: `(n, *shape)` of its dtype; NaN rows (0 in `uint8`) where none is."""
        return open_array(self._place(modality), "values")

    def present(self, modality: str) -> Bool[np.ndarray, " n"]:
        """Which rows have this modality."""
        return read_rows(open_array(self._place(modality), "present"))

    def _place(self, modality: str) -> Path | str:
        beside = self.path / "recordings" / f"{modality}.zarr"
        return f"{self.elsewhere.rstrip('/')}/{beside.name}" if self.elsewhere else beside

    def truth(self) -> pl.DataFrame:
        """Every factor of simulated people, in the order of the subjects: for evaluation, never for a model.

        Raises:
            NotFoundError: these people were recorded, not simulated.
        """
        path = self.path / "truth.parquet"
        if not path.exists():
            raise NotFoundError(
                "workspace.no_truth",
                where=str(self.path),
                found="people whose truth nobody knows",
                hint="Simulate some.",
            )
        return pl.read_parquet(path)

    def report(self) -> dict[str, Any]:
        """What ingest.json says."""
        try:
            return read_json(self.path / "ingest.json")
        except (OSError, ValueError) as error:
            raise _damaged(self.path / "ingest.json", error) from error

    def new_run(self, run: str) -> Run:
        """The folder of a run, made if it is not there."""
        path = self.path / "runs" / run
        path.mkdir(parents=True, exist_ok=True)
        return Run(path)

    def run(self, name: str | None = None) -> Run:
        """A run by name, or the latest.

        Raises:
            NotFoundError: there is none, or not that one.
        """
        runs = self.path / "runs"
        latest = runs / "latest"
        chosen = name or (latest.read_text(encoding="utf-8").strip() if latest.exists() else None)
        if chosen is None or not (runs / chosen / "run.json").is_file():
            found = "nothing is trained yet" if chosen is None else f"no run {chosen!r}"
            raise NotFoundError(
                "run.missing", where=str(runs), found=found, hint=f"Run `latentspace train {self.path}`."
            )
        return Run(runs / chosen)

    def runs(self) -> tuple[Run, ...]:
        """Every run, by name."""
        return tuple(Run(p.parent) for p in sorted((self.path / "runs").glob("*/run.json")))

    def set_latest(self, run: Run) -> None:
        """Make a run the one that is used when none is named."""
        replace_file(self.path / "runs" / "latest", run.name.encode())


def create(path: Path, cohort: CohortData) -> Workspace:
    """Write a cohort as a workspace at `path`, or replace the cohort of the workspace there (its runs stay)."""
    path.mkdir(parents=True, exist_ok=True)
    replace_folder(path / "recordings", lambda folder: _write_recordings(folder, cohort))
    replace_file(path / "subjects.parquet", _parquet(cohort.subjects))
    replace_file(path / "phenotypes.json", cohort.dictionary.to_json().encode())
    replace_json(path / "ingest.json", dict(cohort.report))
    parts = ["subjects.parquet", "phenotypes.json", "ingest.json"]
    if cohort.report_page:
        replace_file(path / "ingest.html", cohort.report_page.encode())
        parts.append("ingest.html")
    else:
        (path / "ingest.html").unlink(missing_ok=True)
    if cohort.truth is None:
        (path / "truth.parquet").unlink(missing_ok=True)
    else:
        replace_file(path / "truth.parquet", _parquet(cohort.truth))
        parts.append("truth.parquet")
    parts += [f"recordings/{m.name}.zarr" for m in cohort.modalities]
    manifest = {
        "format": FORMAT,
        "title": cohort.title,
        "simulator": cohort.simulator,
        "modalities": [asdict(m) for m in cohort.modalities],
        "hashes": {part: content_hash(path / part) for part in parts},
    }
    replace_json(path / "workspace.json", manifest)
    return open_folder(path)


def open_folder(path: Path) -> Workspace:
    """Open a workspace.

    Raises:
        NotFoundError: there is no workspace at `path`.
        VersionError: it was written in another format.
        InputError: workspace.json is damaged.
    """
    recover(path)
    recover(path / "recordings")
    manifest_path = path / "workspace.json"
    if not manifest_path.is_file():
        found = "is no workspace (it has no workspace.json)" if path.exists() else "does not exist"
        raise NotFoundError(
            "workspace.missing",
            where=str(path),
            found=found,
            hint="Check the path, or make one with `latentspace ingest` or `latentspace demo`.",
        )
    try:
        manifest: dict[str, Any] = read_json(manifest_path)
        version = manifest["format"]
        if version != FORMAT:
            raise VersionError(
                "workspace.version",
                where=str(path),
                found=f"written in format {version}, this version reads format {FORMAT}",
                hint="Use the version of latentspace that wrote it, or ingest the recordings again.",
            )
        modalities = tuple(modality_of(row) for row in manifest["modalities"])
        return Workspace(
            path=path.resolve(),
            title=str(manifest["title"]),
            simulator=str(manifest.get("simulator", "")),
            modalities=modalities,
            hashes=manifest["hashes"],
            elsewhere=_url(manifest.get("recordings", ""), manifest_path),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(manifest_path, error) from error


def _url(said: object, manifest: Path) -> str:
    if not isinstance(said, str) or (said and "://" not in said):
        raise ValueError("`recordings` is no URL")
    if (parts := urlsplit(said)).password is not None or parts.query:
        raise InputError(
            "recordings.credentials",
            where=f"`recordings` in {manifest}",
            found="its URL holds a password or a query, which every message would repeat",
            hint="Leave scheme, host and path; give credentials to the driver in its own configuration.",
        )
    return said


def modality_of(row: dict[str, Any]) -> Modality:
    """A modality from its fields, as workspace.json has them."""
    texts = ("labels", "ends")
    axes: list[dict[str, Any]] = [axis | {key: tuple(axis.get(key, ())) for key in texts} for axis in row["axes"]]
    read: dict[str, Any] = row | {"axes": tuple(Axis(**axis) for axis in axes)}
    return Modality(**read)


def _write_recordings(folder: Path, cohort: CohortData) -> None:
    for modality in cohort.modalities:
        write_arrays(
            folder / f"{modality.name}.zarr",
            {
                "values": cohort.recordings[modality.name],
                "present": cohort.present[modality.name].astype(bool),
            },
            dimensions={"values": ("row", *(axis.name for axis in modality.axes))},
        )


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        "workspace.damaged",
        where=str(path),
        found=f"cannot be read ({type(error).__name__}: {error})",
        hint="Run `latentspace verify` to see what else is damaged; ingest again to mend it.",
    )
