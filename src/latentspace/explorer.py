"""Explorer: everything that a front end may ask of a workspace, in numpy; it knows neither torch nor the web."""

import math
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
import zarr
from jaxtyping import Bool, Float32

from latentspace import groups
from latentspace.answers import Code, Description, Figure, Measured, Part, Predicted, Subject, map_info
from latentspace.arrays import read_rows
from latentspace.artifact import read_json
from latentspace.coder import Coder, no_map
from latentspace.columns import Columns, text_arrays
from latentspace.errors import InputError, NotFoundError
from latentspace.latent import RankedDim, rank_by_association, rank_by_effect, rank_by_variance
from latentspace.modality import CODE, JOINT
from latentspace.predicting import Predicting
from latentspace.project import METHODS
from latentspace.run import Run, labels_warning
from latentspace.workspace import Workspace, open_folder

RR = "rr_ms"  # phenotype with the recorded RR interval


class Explorer:
    """A workspace and one of its runs, open for questions."""

    def __init__(self, workspace: Workspace, run: Run) -> None:
        """Open the run's decoders, embedding and maps as they are needed."""
        self.workspace, self.run = workspace, run
        self._coder = Coder(run, workspace.modelled)
        self.spaces = self._coder.spaces
        self._held: tuple[str, np.ndarray] = ("", np.zeros((0, 0), np.float32))

    @cached_property
    def _subjects(self) -> pl.DataFrame:
        return self.workspace.subjects()

    @cached_property
    def _columns(self) -> Columns:
        return Columns(self._subjects, self.workspace.dictionary())

    @cached_property
    def _parts(self) -> np.ndarray:
        return self.run.split(self._subjects)

    @cached_property
    def _predicting(self) -> Predicting:
        return Predicting(self.run, self._columns.dictionary)

    def describe(self) -> Description:
        """What is measured, embedded and drawn, and how well."""
        quality: dict[str, Any] = self.run.record.get("projection", {})
        figures: dict[str, Any] = {}
        if self.run.has("evaluation.json"):
            figures = read_json(self.run.file("evaluation.json"))
            figures = {name: each for name, each in figures.items() if not name.startswith("downstream.")}
        return Description(
            workspace=self.workspace.name,
            title=self.workspace.title,
            simulator=self.workspace.simulator,
            run=self.run.name,
            labels_warning=labels_warning(self.run.labels_seen),
            version=version("latent-space-explorer"),
            n=len(self._subjects),
            people=self._subjects["subject_id"].n_unique(),
            held_out=int((self._parts == "held_out").sum()),
            modalities=self.workspace.modalities,
            spaces=self.spaces,
            layout=tuple(Part(space=k, start=v.start, stop=v.stop) for k, v in self._coder.layout.items()),
            n_latent=self.n_latent,
            phenotypes=self._columns.dictionary.phenotypes,
            maps=tuple(map_info(s, m, quality.get(s.name, {}).get(m, {})) for s in self._coder.shared for m in METHODS),
            evaluation={name: Figure(**figure) for name, figure in figures.items()},
        )

    @property
    def n_latent(self) -> int:
        """Length of a full code."""
        return self._coder.n_latent

    def columns(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Columns by name: phenotypes, `subject_id`, `visit`, `part`, and latents such as `joint.z03`.

        Numbers are float32 with NaN where missing, levels int16 codes with -1; texts come as two arrays,
        `<name>.text` (UTF-8) and `<name>.offsets` (n + 1).

        Raises:
            NotFoundError: no such column.
        """
        arrays: dict[str, np.ndarray] = {}
        for name in names:
            if name in {"subject_id", "visit"}:
                arrays |= text_arrays(name, self._subjects[name].to_list())
            else:
                arrays[name] = self._column(name)
        return arrays

    def points(self, space: str, method: str) -> Float32[np.ndarray, "n 2"]:
        """One map; NaN rows lack the modality.

        Raises:
            NotFoundError: no such space or method.
        """
        if method not in METHODS or space not in {s.name for s in self._coder.shared}:
            raise no_map(f"{space}.{method}")
        return self.run.projection(space, method)

    def select(self, recipe: groups.Recipe) -> Bool[np.ndarray, " n"]:
        """Who a group recipe selects: the same rows that the page lights up.

        Raises:
            NotFoundError: the recipe names a column or map that is not here.
            InputError: it asks of a column what it cannot answer.
        """
        cohort = groups.Cohort(
            n=len(self._subjects), column=self._column, levels=self._columns.levels, points=self._points_of_run
        )
        return groups.mask(recipe, cohort)

    def subject(self, row: int) -> Subject:
        """One row's recordings, as they were stored.

        Raises:
            NotFoundError: no such row.
        """
        self._check_row(row)
        held = [m for m in self.workspace.modalities if self.workspace.present(m.name)[row]]
        return Subject(
            row=row,
            subject_id=self._subjects["subject_id"][row],
            visit=str(self._subjects["visit"][row]),
            part=str(self._parts[row]),
            recordings={m.name: _recording(self.workspace.recordings(m.name), row) for m in held},
        )

    def encode(self, row: int, modalities: Sequence[str]) -> Code:
        """The posterior of one row from some of its modalities; what they do not tell keeps its prior.

        Raises:
            NotFoundError: no such row or modality, or the row lacks every one of them.
        """
        recordings = self.subject(row).recordings
        known = {m: recordings[m] for m in modalities if self.workspace.modality(m).name in recordings}
        if not known:
            raise NotFoundError(
                "subject.no_recording",
                where=f"row {row}",
                found=f"has no recording of {', '.join(modalities) or 'nothing'}",
                hint="Choose another subject, or another modality.",
            )
        return self._coder.encode(known)

    def decode(self, z: Float32[np.ndarray, " n_latent"]) -> dict[str, np.ndarray]:
        """Every modelled modality, generated from one full code, in the modality's own unit.

        Raises:
            InputError: wrong length, or not finite, or further than 50 SD from the prior.
        """
        return self._coder.decode(z)

    def place(
        self, z: Float32[np.ndarray, " n_latent"], maps: Sequence[str] | None = None
    ) -> dict[str, Float32[np.ndarray, "2"]]:
        """Where a code would lie on some maps, named `<space>.<method>`; on all of them when none are named.

        Raises:
            InputError: as `decode`.
            NotFoundError: no such map.
        """
        return self._coder.place(z, maps)

    def measure(self, row: int | None, z: Float32[np.ndarray, " n_latent"] | None = None) -> list[Measured]:
        """What can be read from the signals and images of a row as recorded, or from those generated from `z`.

        A generated beat has no rate of its own: with a row, its recorded RR interval corrects the QT interval.

        Raises:
            NotFoundError: no such row.
            InputError: as `decode`; neither a row nor a code.
        """
        if row is None and z is None:
            raise InputError("measure.nothing", where="measure", found="neither row nor code", hint="Give one.")
        from latentspace.measuring import measured  # noqa: PLC0415 - signal processing takes a second to import

        rr_ms = None
        if row is not None:
            self._check_row(row)
            rr_ms = self._rr_ms(row)
        recordings = self.subject(row).recordings if z is None and row is not None else self.decode(np.asarray(z))
        return measured(self.workspace.modalities, recordings, rr_ms)

    def predict(
        self, row: int | None, z: Float32[np.ndarray, " n_latent"] | None = None, space: str = CODE
    ) -> list[Predicted]:
        """What a linear fit predicts of a row's person or, with `z`, of a full code; predicted, never measured.

        Of a row out of fold, from any space of scores.parquet: its person taught nothing of it. Of a code from the
        `code` itself or from its `joint` part, by a fit on people who are not held out; with the row from which it was
        moved, by the fit that its person taught nothing.

        Raises:
            NotFoundError: no such row or space; the run is not evaluated yet.
            InputError: as `decode`; neither a row nor a code.
        """
        if row is not None:
            self._check_row(row)
        if z is not None:
            self._coder.check(z)
            return self._predicting.code(z[self._coder.layout[JOINT]] if space == JOINT else z, space, row)
        if row is None:
            raise InputError("predict.nothing", where="predict", found="neither row nor code", hint="Give one.")
        return self._predicting.row(row, space)

    def rank(self, by: Literal["association", "variance", "effect"], name: str = "") -> list[RankedDim]:
        """The joint dimensions, best first: by association with a phenotype, by spread, by effect on a modality.

        Raises:
            NotFoundError: no such phenotype or modality.
        """
        dims, mean = self.spaces[0].dims, self.run.embedding(JOINT)
        effects: dict[str, list[float]] = self.run.record.get("effects", {})
        match by:
            case "variance":
                return rank_by_variance(dims, mean, effects)
            case "effect":
                self.workspace.modality(name)
                return rank_by_effect(dims, mean, effects, name)
            case "association":
                self._columns.values(name)
                columns = {p.name: self._columns.values(p.name) for p in self._columns.dictionary}
                levels = {p.name: len(self._columns.levels(p.name)) for p in self._columns.dictionary}
                return rank_by_association(dims, mean, effects, columns, levels, name)

    def _column(self, name: str) -> np.ndarray:
        space, _, dim = name.partition(".")
        for candidate in self.spaces:
            if candidate.name == space and dim in candidate.dims:
                return self._embedding(space)[:, candidate.dims.index(dim)]
        if name == "part":
            return np.array([("train", "validation", "held_out").index(p) for p in self._parts], np.int16)
        return self._columns.values(name)

    def _embedding(self, space: str) -> Float32[np.ndarray, "n dims"]:
        """Of one space; the last one stays in memory, for columns are asked for one beside the other."""
        held, values = self._held
        if held != space:
            values = self.run.embedding(space)
            self._held = (space, values)
        return values

    def _rr_ms(self, row: int) -> float | None:
        value = float(self._columns.values(RR)[row]) if RR in self._columns.dictionary else math.nan
        return value if math.isfinite(value) else None

    def _points_of_run(self, run: str, space: str, method: str) -> np.ndarray:
        if run != self.run.name:
            raise InputError(
                "recipe.other_run",
                where=f"map {space}.{method}",
                found=f"a polygon drawn on the map of run {run}, this is run {self.run.name}",
                hint="Draw it again here: maps of two runs have nothing in common.",
            )
        return self.points(space, method)

    def _check_row(self, row: int) -> None:
        if not 0 <= row < len(self._subjects):
            raise NotFoundError(
                "subject.missing",
                where=f"row {row}",
                found=f"there are rows 0 to {len(self._subjects) - 1}",
                hint="Choose one of them.",
            )


def open_workspace(path: str | Path, run: str | None = None) -> Explorer:
    """Open a workspace for exploration: `latentspace.open("heart.ls")`.

    Raises:
        NotFoundError: no workspace there, or nothing trained in it.
        VersionError: written in another format.
    """
    workspace = open_folder(Path(path))
    return Explorer(workspace, workspace.run(run))


def _recording(stored: zarr.Array, row: int) -> np.ndarray:
    return read_rows(stored, slice(row, row + 1))[0]
