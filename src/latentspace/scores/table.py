"""How well a run predicts each phenotype of everyone and of groups, from the out-of-fold predictions it has kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from jaxtyping import Bool

from latentspace.answers import Figure
from latentspace.artifact import read_json
from latentspace.columns import Columns
from latentspace.errors import InputError, NotFoundError
from latentspace.modality import CODE, Space
from latentspace.run import Run, people
from latentspace.scores.answer import FromSource, Gap, Learnt, ScoreTable, Source, Task, TaskScore
from latentspace.scores.judged import Predictions, Table, calibrated, scored
from latentspace.scores.worst import Family, Part, parts_of
from latentspace.stats.accuracy import Values

LABELS_AT = (100, 300, 1000)
LABELS = {CODE: "Full code", "all": "All codes", "phenotypes": "Phenotypes", "both": "Both"}
LACKS = "this run was evaluated before there were such predictions: run `latentspace evaluate` again"
UNDIVIDING = ("date", "time_to_event")
MOST_BY, MOST_GROUPS, MOST_LEVELS = 8, 8, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The people of a group, and the phenotypes that decide who is in it."""

    rows: Bool[np.ndarray, " n"]
    made_of: frozenset[str]


@dataclass(frozen=True)
class Scoring:
    """One run's scores; `spaces` name where predictions come from, `held_out` are rows that the encoder never saw.

    What is known of everyone is kept for the space asked last, for most questions differ in their groups alone.
    """

    run: Run
    columns: Columns
    spaces: tuple[Space, ...]
    held_out: Bool[np.ndarray, " n"]
    _held: dict[str, Predictions] = field(default_factory=dict)
    _families: dict[tuple[object, ...], Family] = field(default_factory=dict)

    def table(self, groups: Sequence[Chosen], space: str, by: Sequence[str] | None) -> ScoreTable:
        """Every task from one space, for everyone and each group, with whom it is worst for.

        Raises:
            NotFoundError: the run is not evaluated yet, or has no such space; no such phenotype in `by`.
            InputError: more than eight groups or phenotypes.
        """
        _check(groups)
        predictions, names = self._predictions(space), self._by(by)
        family = self._family(predictions, groups, names)
        tasks = tuple(self._task(predictions, i, groups, family) for i in range(len(self._targets)))
        return ScoreTable(space=space, sources=self.sources, by=names, tests=family.tests, tasks=tasks)

    def task(self, name: str, groups: Sequence[Chosen], space: str, by: Sequence[str] | None) -> TaskScore:
        """One task from every space, with calibration, differences and how many labels it takes.

        Raises:
            NotFoundError, InputError: as `table`; no such task.
        """
        _check(groups)
        predictions, which = self._predictions(space), self._which(name)
        family = self._family(predictions, groups, self._by(by))
        found = tuple(
            FromSource(space=each, scored=scored(self._of(each, [name]), 0, _rows(groups)))
            for each in self._scored_spaces
        )
        learnt = self._learnt(name)
        return TaskScore(
            name=name,
            space=space,
            sources=found,
            calibration=calibrated(predictions, which, _rows(groups)),
            gaps=family.target(which),
            learnt=learnt,
            learnt_reason="" if learnt else "evaluate learns from fewer people for six phenotypes only",
        )

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """What predicts, in the order of the file, and what does not because the run is of before."""
        labels = {s.name: s.label for s in self.spaces} | LABELS
        known = tuple(Source(name=name, label=labels.get(name, name)) for name in self._scored_spaces)
        lacking = tuple(name for name in ("phenotypes", "both") if name not in self._scored_spaces)
        return known + tuple(Source(name=name, label=labels[name], reason=LACKS) for name in lacking)

    def _task(self, predictions: Predictions, which: int, groups: Sequence[Chosen], family: Family) -> Task:
        target = self._targets[which]
        phenotype = self.columns.dictionary[target["phenotype"]]
        worst = family.worst(which)
        return Task(
            name=target["key"],
            label=phenotype.label,
            level=target["level"],
            unit="" if target["level"] else phenotype.unit,
            section=phenotype.section,
            scored=scored(predictions, which, _rows(groups)),
            worst=worst,
            reason=_why(worst, family.tests),
        )

    def _family(self, predictions: Predictions, groups: Sequence[Chosen], by: tuple[str, ...]) -> Family:
        """Every difference of a table, adjusted for each other; of the last question, as its tasks are asked for."""
        key = (predictions.space, by, *((group.rows.tobytes(), group.made_of) for group in groups))
        if (kept := self._families.get(key)) is not None:
            return kept
        parts = [part for name in by for part in self._parts(name)]
        mine = [
            Part(attribute="group", label="", level=str(i), rows=group.rows, made_of=group.made_of)
            for i, group in enumerate(groups)
        ]
        found = Family.of(predictions, [target["phenotype"] for target in self._targets], [*parts, *mine])
        self._families.clear()
        self._families[key] = found
        return found

    def _parts(self, name: str) -> list[Part]:
        label, levels = self.columns.dictionary[name].label, self.columns.levels(name)
        return parts_of(name, label, self.columns.numbers(name), levels)

    def _by(self, names: Sequence[str] | None) -> tuple[str, ...]:
        """The phenotypes that divide people: by default the first number and the first one with levels."""
        if names is None:
            usable = [p for p in self.columns.dictionary if p.kind not in UNDIVIDING and self._few_levels(p.name)]
            first = (next((p.name for p in usable if p.numeric is numeric), "") for numeric in (True, False))
            return tuple(name for name in first if name)
        if len(names) > MOST_BY:
            raise _too_many("phenotypes to divide by", MOST_BY)
        for name in names:
            self.columns.values(name)
        return tuple(dict.fromkeys(names))

    def _few_levels(self, name: str) -> bool:
        return len(self.columns.levels(name)) <= MOST_LEVELS

    def _predictions(self, space: str) -> Predictions:
        """What one space says; the last one stays in memory."""
        if (kept := self._held.get(space)) is not None:
            return kept
        found = self._of(space, [target["key"] for target in self._targets])
        self._held.clear()
        self._held[space] = found
        return found

    def _of(self, space: str, keys: Sequence[str]) -> Predictions:
        if space not in self._scored_spaces:
            raise NotFoundError(
                "score.space",
                where=f"space {space!r}"[:80],
                found="predicts nothing here",
                hint=f"Choose one of {', '.join(self._scored_spaces)}, or run `latentspace evaluate` again.",
            )
        read = pl.scan_parquet(self.run.file("scores.parquet")).select([f"{space}.{key}" for key in keys]).collect()
        targets = [self._targets[self._which(key)] for key in keys]
        return Predictions(
            space=space,
            binary=tuple(bool(target["level"]) for target in targets),
            said=tuple(column.to_numpy() for column in read),
            truth=tuple(self._truth(target) for target in targets),
            table=self._table,
        )

    def _truth(self, target: Mapping[str, str]) -> Values:
        """Numbers as they are; 1 for the level whose probability is predicted, 0 for others."""
        values = self.columns.numbers(target["phenotype"])
        if not target["level"]:
            return values
        code = self.columns.levels(target["phenotype"]).index(target["level"])
        return np.where(np.isnan(values), np.nan, values == code)

    def _which(self, key: str) -> int:
        for i, target in enumerate(self._targets):
            if target["key"] == key:
                return i
        raise NotFoundError(
            "score.task",
            where=f"task {key!r}"[:80],
            found="is not predicted in this run",
            hint="`score` without a task lists those that are.",
        )

    def _learnt(self, key: str) -> tuple[Learnt, ...]:
        """What evaluate found with 100, 300 and 1,000 people, and with all who are not held out."""
        which, spaces = self._which(key), self._record["spaces"]
        found = [
            Learnt(space=space, labels=labels or spaces[space][which]["n_predictor"], figure=Figure(**known))
            for space in self._scored_spaces
            for labels in (*LABELS_AT, 0)
            for name in _names(labels)
            if (known := self._figures.get(f"downstream.{space}.{key}.{name}"))
        ]
        few = {each.space for each in found if each.labels in LABELS_AT}
        return tuple(each for each in found if each.space in few)

    @property
    def _targets(self) -> Sequence[Mapping[str, str]]:
        return self._record["targets"]

    @cached_property
    def _scored_spaces(self) -> tuple[str, ...]:
        return tuple(self._record["spaces"])

    @cached_property
    def _record(self) -> dict[str, Any]:
        self.run.file("scores.parquet")
        return self.run.record["scoring"]

    @cached_property
    def _figures(self) -> dict[str, Any]:
        return read_json(self.run.file("evaluation.json"))

    @cached_property
    def _table(self) -> Table:
        person = np.unique(people(self.columns.subjects), return_inverse=True)[1]
        fold = pl.scan_parquet(self.run.file("scores.parquet")).select("fold").collect()["fold"].to_numpy()
        return Table(person=person, fold=fold.astype(np.int64), held_out=self.held_out)


def _names(labels: int) -> tuple[str, ...]:
    return (f"auroc_at_{labels}", f"r2_at_{labels}") if labels else ("held_out_auroc", "held_out_r2")


def _why(worst: Gap | None, tests: int) -> str:
    """Why nobody is named; empty where somebody is."""
    if worst is None:
        return "nobody to compare: too few people, or too few with and without the event"
    if worst.named:
        return ""
    return f"no difference is beyond chance among the {tests} that were looked at"


def _rows(groups: Sequence[Chosen]) -> list[Bool[np.ndarray, " n"]]:
    return [group.rows for group in groups]


def _check(groups: Sequence[Chosen]) -> None:
    if len(groups) > MOST_GROUPS:
        raise _too_many("groups", MOST_GROUPS)


def _too_many(what: str, most: int) -> InputError:
    return InputError("score.too_many", where=what, found=f"more than {most}", hint=f"Ask for {most} at most.")
