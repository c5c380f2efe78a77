"""Who is in a workspace and where a run puts them: columns, codes, points, and who a recipe selects."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import polars as pl
import zarr
from jaxtyping import Bool, Float32, UInt64

from latentspace import groups
from latentspace.answers import Subject
from latentspace.arrays import read_rows
from latentspace.columns import Columns, text_arrays
from latentspace.disclosure import Door, Preset, door
from latentspace.errors import InputError, NotFoundError
from latentspace.project import METHODS, drawn_methods, no_map
from latentspace.reliability import AGREEMENT, RELIABILITY, told_column
from latentspace.run import Run
from latentspace.workspace import Workspace

KEY_SEED = 5117  # of the numbers that rounding is drawn from
HELD_OUT_CODE = 2  # of the column `part`: 0 train, 1 validation
MAP_HASH = 12  # figures of the maps' hash that a recipe carries


class Rows:
    """The rows of a workspace's subjects table, with what one run made of them; read as it is asked for."""

    disclosure: Preset = "laptop"  # how openly counts and figures of groups are told

    def __init__(self, workspace: Workspace, run: Run) -> None:
        """Nothing is read yet."""
        self.workspace, self.run = workspace, run
        self.spaces = run.spaces(workspace.modelled)
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
    def _part_codes(self) -> np.ndarray:
        return ((self._parts == "validation") + HELD_OUT_CODE * (self._parts == "held_out")).astype(np.int16)

    @cached_property
    def _people(self) -> int:
        return self._subjects["subject_id"].n_unique()

    @property
    def mapped(self) -> tuple[str, ...]:
        """Names of the spaces that have maps."""
        return tuple(s.name for s in self.spaces if not s.name.startswith("private_"))

    @property
    def _told(self) -> tuple[str, ...]:
        """Names of all columns that `project` adds to those of the table."""
        return (AGREEMENT, *(f"{RELIABILITY}{space}.{method}" for space in self.mapped for method in METHODS))

    def columns(self, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Columns by name: phenotypes, `subject_id`, `visit`, `part`, latents as `joint.z03`, what `trust.zarr` holds.

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
        if method not in drawn_methods(self.run) or space not in self.mapped:
            raise no_map(f"{space}.{method}")
        return self.run.projection(space, method)

    def select(self, recipe: groups.Recipe) -> Bool[np.ndarray, " n"]:
        """Who a group recipe selects: the same rows that the page lights up.

        Raises:
            NotFoundError: the recipe names a column or map that is not here.
            InputError: it asks of a column what it cannot answer, or the map of an outline has changed.
        """
        self._check_maps(recipe)
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

    @cached_property
    def _keys(self) -> UInt64[np.ndarray, " n"]:
        """A number for each row, from all its cells: who does not have them cannot foresee how answers are rounded."""
        return self._subjects.hash_rows(KEY_SEED).to_numpy()

    def _door(self, rows: np.ndarray, *presets: Preset) -> Door:
        """What may leave of these rows (a mask or their places): the server's preset, or a stricter one."""
        keys = self._keys[rows]
        return door(self.disclosure, *presets).of(keys.sum().tobytes(), np.bitwise_xor.reduce(keys).tobytes())

    @property
    def _everyone(self) -> Door:
        return self._door(np.ones(len(self._subjects), bool))

    def _enough(self, rows: Bool[np.ndarray, " n"]) -> Door:
        """The door of some rows.

        Raises:
            InputError: they are fewer than may be told of.
        """
        told = self._door(rows)
        if told.hides(int(rows.sum())):
            raise InputError("group.too_few", where="group", found=told.says, hint=f"Choose {told.fewest} or more.")
        return told

    def _column(self, name: str) -> np.ndarray:
        space, _, dim = name.partition(".")
        for candidate in self.spaces:
            if candidate.name == space and dim in candidate.dims:
                return self._embedding(space)[:, candidate.dims.index(dim)]
        if name == "part":
            return self._part_codes
        if name not in self._columns.dictionary and name in self._told:
            return told_column(self.run, name)
        return self._columns.values(name)

    def _embedding(self, space: str) -> Float32[np.ndarray, "n dims"]:
        """Of one space; the last one stays in memory, for columns are asked for one beside the other."""
        held, values = self._held
        if held != space:
            values = self.run.embedding(space)
            self._held = (space, values)
        return values

    def _map_hash(self) -> str:
        return self.run.hashes.get("projection.zarr", "")[:MAP_HASH]

    def _check_maps(self, recipe: groups.Recipe) -> None:
        """Raises InputError where an outline was drawn on maps that `project` has drawn anew since."""
        for leaf in groups.leaves(recipe):
            if isinstance(leaf, groups.Inside) and leaf.run == self.run.name and leaf.map not in {"", self._map_hash()}:
                raise InputError(
                    "recipe.map_changed",
                    where=f"map {leaf.space}.{leaf.method}"[:80],
                    found=f"an outline drawn on maps {leaf.map[:20]}, they are {self._map_hash()} now",
                    hint="The maps were drawn anew since: draw the outline again.",
                )

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


def _recording(stored: zarr.Array, row: int) -> np.ndarray:
    return read_rows(stored, slice(row, row + 1))[0]
