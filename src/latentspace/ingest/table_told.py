"""What the table says of each row, by the dictionary or as its cells look: phenotypes with their columns."""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from latentspace.errors import InputError
from latentspace.ingest.cells import read_column
from latentspace.ingest.codes import code_classes, derive_booleans, phenotypes_of
from latentspace.ingest.conditions import conditions
from latentspace.ingest.dictionaries import declared_in
from latentspace.ingest.infer import infer_dictionary
from latentspace.ingest.options import IngestOptions
from latentspace.ingest.plan import Plan
from latentspace.phenotype import Dictionary, Phenotype
from latentspace.readers.table import Table
from latentspace.report import Entry, IngestReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Phenotypes:
    """The columns of the subjects table beyond the ids, with their dictionary, for the rows of the whole table."""

    dictionary: Dictionary
    columns: tuple[pl.Series, ...]


def phenotypes_of_table(table: Table | None, plan: Plan, options: IngestOptions, report: IngestReport) -> Phenotypes:
    """What the table says of its rows, by the dictionary or as its cells look; what does not fit is reported.

    Raises:
        InputError: a dictionary that cannot be understood, or a derivation of a column that is not there.
    """
    if table is None or options.table is None:
        return Phenotypes(dictionary=Dictionary(()), columns=())
    used = {plan.table.subject, plan.table.visit, plan.table.file, plan.table.cine}
    if options.dictionary:
        said = declared_in(options.dictionary, table)
        table, declared = said.table, said.dictionary
        report.entries += said.entries
        undeclared = set(table.frame.columns) - {p.name for p in declared} - used
        left_out = dict.fromkeys(sorted(undeclared), "not declared in the dictionary") | {
            name: why for name, why in said.left_out.items() if name in undeclared
        }
    else:
        declared, left_out = infer_dictionary(table.frame, used | {d.column for d in plan.derive})
        report.facts["inferred_kinds"] = {p.name: p.kind for p in declared}
    report.facts["columns_left_out"] = left_out
    subjects = table.frame[plan.table.subject].fill_null("").to_list()
    rows = list(zip(table.rows, subjects, strict=True))
    phenotypes: list[Phenotype] = []
    columns: list[pl.Series] = []
    for phenotype in declared:
        if absent := {phenotype.name, phenotype.event} - {"", *table.frame.columns}:
            report.entries.append(_absent(absent, table, options))
            continue
        column, entries = read_column(phenotype, table.frame[phenotype.name].to_list(), rows, table.file)
        phenotypes.append(phenotype)
        columns.append(column)
        report.entries += entries
    for derive in plan.derive:
        if derive.column not in table.frame.columns:
            found = f"has no column {derive.column!r}"
            raise InputError("derive.column", where=table.file, found=found, hint="Check [[derive]].")
        classes = code_classes(derive, (options.table.parent, plan.folder))
        cells = table.frame[derive.column].to_list()
        derived, entries = derive_booleans(derive, classes, cells, table.rows, table.file)
        phenotypes += phenotypes_of(derive)
        columns += [pl.Series(name, values, dtype=pl.Boolean) for name, values in derived.items()]
        report.entries += entries
    for derive in plan.conditions:
        held, entries = conditions(derive, table.frame, plan.table.subject, (options.table.parent, plan.folder))
        phenotypes += derive.phenotypes
        columns += held
        report.entries += entries
    return Phenotypes(dictionary=Dictionary(tuple(phenotypes)), columns=tuple(columns))


def _absent(names: Collection[str], table: Table, options: IngestOptions) -> Entry:
    reason = f"declares {' and '.join(sorted(names))}, which is no column of {table.file}"
    return Entry(
        file=options.dictionary.name if options.dictionary else table.file,
        code="dictionary.absent",
        reason=reason,
        hint="Check the spelling, or remove it.",
        outcome="flagged",
    )
