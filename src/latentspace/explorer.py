"""Explorer: everything that a front end may ask of a workspace, in numpy; it knows neither torch nor the web."""

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
import zarr
from jaxtyping import Bool, Float, Float32

from latentspace import groups
from latentspace.answers import Code, Description, MapInfo, Part, Subject
from latentspace.arrays import read_rows
from latentspace.artifact import read_json
from latentspace.codec import OnnxCodec
from latentspace.columns import Columns, text_arrays
from latentspace.errors import InputError, NotFoundError
from latentspace.latent import RankedDim, layout, rank_by_association, rank_by_effect, rank_by_variance
from latentspace.modality import JOINT, Space
from latentspace.project import METHODS, Method, Placer
from latentspace.run import Run
from latentspace.stats.bootstrap import Figure
from latentspace.workspace import Workspace, open_folder

MAX_SD = 50.0  # of a latent: beyond it a decoder is only ever asked by mistake


class Explorer:
    """A workspace and one of its runs, open for questions."""

    def __init__(self, workspace: Workspace, run: Run) -> None:
        """Open the run's decoders, embedding and maps as they are needed."""
        self.workspace, self.run = workspace, run
        self.spaces = run.spaces(workspace.modelled)
        self._layout = layout(self.spaces)
        self._codec = OnnxCodec(run, workspace.modelled)
        self._placers: dict[str, Placer] = {}

    @cached_property
    def _subjects(self) -> pl.DataFrame:
        return self.workspace.subjects()

    @cached_property
    def _columns(self) -> Columns:
        return Columns(self._subjects, self.workspace.dictionary())

    @cached_property
    def _parts(self) -> np.ndarray:
        return self.run.split(self._subjects)

    @property
    def _shared(self) -> tuple[Space, ...]:
        return tuple(s for s in self.spaces if not s.name.startswith("private_"))

    def describe(self) -> Description:
        """What is measured, embedded and drawn, and how well."""
        quality: dict[str, Any] = self.run.record.get("projection", {})
        figures: dict[str, Any] = {}
        if self.run.has("evaluation.json"):
            figures = read_json(self.run.file("evaluation.json"))
        return Description(
            workspace=self.workspace.name,
            title=self.workspace.title,
            simulated=self.workspace.simulated,
            run=self.run.name,
            version=version("latent-space-explorer"),
            n=len(self._subjects),
            people=self._subjects["subject_id"].n_unique(),
            held_out=int((self._parts == "held_out").sum()),
            modalities=self.workspace.modalities,
            spaces=self.spaces,
            layout=tuple(Part(space=k, start=v.start, stop=v.stop) for k, v in self._layout.items()),
            n_latent=self.n_latent,
            phenotypes=self._columns.dictionary.phenotypes,
            maps=tuple(_map_info(s, m, quality.get(s.name, {}).get(m, {})) for s in self._shared for m in METHODS),
            evaluation={name: Figure(**figure) for name, figure in figures.items()},
        )

    @property
    def n_latent(self) -> int:
        """Length of a full code."""
        return max(part.stop for part in self._layout.values())

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
        if method not in METHODS or space not in {s.name for s in self._shared}:
            raise _no_map(f"{space}.{method}")
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
        known = {m: recordings[m][None] for m in modalities if self.workspace.modality(m).name in recordings}
        if not known:
            raise NotFoundError(
                "subject.no_recording",
                where=f"row {row}",
                found=f"has no recording of {', '.join(modalities) or 'nothing'}",
                hint="Choose another subject, or another modality.",
            )
        posterior = self._codec.encode(known)
        z, log_var = np.zeros(self.n_latent, np.float32), np.zeros(self.n_latent, np.float32)
        for space, part in self._layout.items():
            if space in posterior:
                z[part], log_var[part] = posterior[space].mean[0], posterior[space].log_var[0]
        return Code(z=z, log_var=log_var)

    def decode(self, z: Float32[np.ndarray, " n_latent"]) -> dict[str, np.ndarray]:
        """Every modelled modality, generated from one full code, in the modality's own unit.

        Raises:
            InputError: wrong length, or not finite, or further than 50 SD from the prior.
        """
        self._check_code(z)
        return {m.name: self._codec.decode(z[None], m.name)[0] for m in self.workspace.modelled}

    def place(
        self, z: Float32[np.ndarray, " n_latent"], maps: Sequence[str] | None = None
    ) -> dict[str, Float32[np.ndarray, "2"]]:
        """Where a code would lie on some maps, named `<space>.<method>`; on all of them when none are named.

        Raises:
            InputError: as `decode`.
            NotFoundError: no such map.
        """
        self._check_code(z)
        shared = z[self._layout[JOINT]][None]
        drawn: dict[str, tuple[str, Method]] = {
            f"{space.name}.{method}": (space.name, method) for space in self._shared for method in METHODS
        }
        places: dict[str, np.ndarray] = {}
        for name in maps or drawn:
            if name not in drawn:
                raise _no_map(name)
            space, method = drawn[name]
            places[name] = self._placer(space).place(shared, method)[0]
        return places

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

    def _placer(self, space: str) -> Placer:
        if space not in self._placers:
            self._placers[space] = Placer.load(self.run, space)
        return self._placers[space]

    def _column(self, name: str) -> np.ndarray:
        space, _, dim = name.partition(".")
        for candidate in self.spaces:
            if candidate.name == space and dim in candidate.dims:
                return self.run.embedding(space)[:, candidate.dims.index(dim)]
        if name == "part":
            return np.array([("train", "validation", "held_out").index(p) for p in self._parts], np.int16)
        return self._columns.values(name)

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

    def _check_code(self, z: Float[np.ndarray, " n"]) -> None:
        if z.shape != (self.n_latent,) or not np.isfinite(z).all() or np.abs(z).max() > MAX_SD:
            raise InputError(
                "code.malformed",
                where="z",
                found=f"{z.shape[0]} numbers, largest {np.abs(z).max(initial=0):.3g}",
                hint=f"Send {self.n_latent} finite numbers within {MAX_SD:g} SD.",
            )


def open_workspace(path: str | Path, run: str | None = None) -> Explorer:
    """Open a workspace for exploration: `latentspace.open("heart.ls")`.

    Raises:
        NotFoundError: no workspace there, or nothing trained in it.
        VersionError: written in another format.
    """
    workspace = open_folder(Path(path))
    return Explorer(workspace, workspace.run(run))


def _map_info(space: Space, method: str, quality: Mapping[str, float]) -> MapInfo:
    def kept(name: str) -> float | None:
        value = quality.get(name)
        return None if value is None or math.isnan(value) else float(value)

    return MapInfo(
        space=space.name,
        label=space.label,
        method=method,
        trustworthiness=kept("trustworthiness"),
        continuity=kept("continuity"),
        neighbours=int(quality.get("neighbours", 0)),
    )


def _recording(stored: zarr.Array, row: int) -> Float32[np.ndarray, "..."]:
    return read_rows(stored, slice(row, row + 1))[0].astype(np.float32)


def _no_map(name: str) -> NotFoundError:
    return NotFoundError(
        "map.missing",
        where=f"map {name}",
        found="not drawn in this run",
        hint="`describe` lists the maps that are.",
    )
