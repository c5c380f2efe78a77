"""What the report says of an ingest beyond its lines: counts, series, sources of the recordings, versions."""

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version

from latentspace.ingest.match import Visit
from latentspace.ingest.plan import Plan
from latentspace.ingest.records import Record
from latentspace.ingest.sources import Sources
from latentspace.workspace import CohortData

MOST_LISTED = 30  # descriptions of series
Read = tuple[Visit, Mapping[str, Record]]  # a visit, and what each kind of its files gave


def sources_of(kept: Sequence[Read]) -> list[dict[str, object]]:
    """What the headers of each cine say of its time, place and scale."""
    return [
        {"subject_id": visit.subject_id, "visit": visit.visit, "modality": name, **record.source}
        for visit, each in kept
        for record in each.values()
        if record.source
        for name in record.given
    ]


def series_facts(there: Sources, plan: Plan, read: Sequence[Read]) -> dict[str, object]:
    """How many records were found, how many of them no modality asks for, and which series were and were not taken."""
    facts: dict[str, object] = {"records_found": len(there.ecg) + len(there.cine)}
    if ignored := there.ignored(plan):
        facts["records_ignored"] = ignored
    records = [record for _, each in read for record in each.values()]
    if chosen := Counter(record.chosen for record in records if record.chosen):
        facts["series_chosen"] = dict(chosen.most_common(MOST_LISTED))
    if others := Counter(description for record in records for description in record.ignored):
        facts["series_ignored"] = dict(others.most_common(MOST_LISTED))
    return facts


def cohort_facts(cohort: CohortData, table_rows: int) -> dict[str, object]:
    """How many rows, people and values are kept, and by what versions."""
    visits_each = Counter(cohort.subjects["subject_id"].to_list())
    return {
        "table_rows": table_rows,
        "rows_kept": len(cohort.subjects),
        "people": len(visits_each),
        "people_with_several_visits": sum(count > 1 for count in visits_each.values()),
        "present": {name: int(mask.sum()) for name, mask in cohort.present.items()},
        "phenotypes": {p.name: int(cohort.subjects[p.name].count()) for p in cohort.dictionary},
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("latent-space-explorer", "numpy", "scipy", "polars", "zarr")},
        },
    }
