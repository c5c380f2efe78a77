"""What is known of each simulated subject: the data dictionary, and the subjects table that follows it."""

import numpy as np
import polars as pl

from latentspace.phenotype import LATER, Dictionary, Phenotype
from latentspace.simulate.people import CONDITIONS

PERSON, LEFT, RIGHT, ECG = "Person", "Left heart", "Right heart", "ECG"
DISEASE = "Conditions"
SEXES, SMOKING = ("Woman", "Man"), ("Never", "Past", "Current")

# name, label, unit, section, decimals; the values are the simulation's truth, rounded as a report would give them
_NUMBERS: tuple[tuple[str, str, str, str, int], ...] = (
    ("age", "Age", "years", PERSON, 1),
    ("height", "Height", "cm", PERSON, 0),
    ("weight", "Weight", "kg", PERSON, 1),
    ("bmi", "Body mass index", "kg/m2", PERSON, 1),
    ("sbp", "Systolic pressure", "mmHg", PERSON, 0),
    ("dbp", "Diastolic pressure", "mmHg", PERSON, 0),
    ("lvedv", "LV end-diastolic volume", "mL", LEFT, 1),
    ("lvesv", "LV end-systolic volume", "mL", LEFT, 1),
    ("lvsv", "LV stroke volume", "mL", LEFT, 1),
    ("lvef", "LV ejection fraction", "%", LEFT, 1),
    ("lvm", "LV mass", "g", LEFT, 1),
    ("lvm_index", "LV mass index", "g/m2", LEFT, 1),
    ("la_max", "LA maximal volume", "mL", LEFT, 1),
    ("la_min", "LA minimal volume", "mL", LEFT, 1),
    ("la_ef", "LA emptying fraction", "%", LEFT, 1),
    ("rvedv", "RV end-diastolic volume", "mL", RIGHT, 1),
    ("rvesv", "RV end-systolic volume", "mL", RIGHT, 1),
    ("rvef", "RV ejection fraction", "%", RIGHT, 1),
    ("ra_max", "RA maximal volume", "mL", RIGHT, 1),
    ("ra_ef", "RA emptying fraction", "%", RIGHT, 1),
    ("heart_rate", "Heart rate", "1/min", ECG, 0),
    ("rr_ms", "RR interval", "ms", ECG, 0),
    ("pr", "PR interval", "ms", ECG, 0),
    ("p_duration", "P duration", "ms", ECG, 0),
    ("qrs", "QRS duration", "ms", ECG, 0),
    ("qt", "QT interval", "ms", ECG, 0),
    ("qtc", "QTc (Bazett)", "ms", ECG, 0),
    ("p_axis", "P axis", "degrees", ECG, 0),
    ("r_axis", "QRS axis", "degrees", ECG, 0),
    ("t_axis", "T axis", "degrees", ECG, 0),
    ("follow_up", "Years of follow-up", "years", LATER, 2),
    ("years_to_af", "Years to atrial fibrillation", "years", LATER, 2),
    ("years_to_heart_failure", "Years to heart failure", "years", LATER, 2),
)
_DISEASES = {
    "hypertension": "Hypertension",
    "diabetes": "Diabetes",
    "hcm": "Hypertrophic cardiomyopathy",
    "dcm": "Dilated cardiomyopathy",
    "old_mi": "Old myocardial infarction",
    "af": "Atrial fibrillation",
    "heart_failure": "Heart failure",
    "stroke": "Stroke",
    "rbbb": "Right bundle branch block",
    "lbbb": "Left bundle branch block",
    "av_block_1": "First-degree AV block",
    "lvh": "LV hypertrophy (CMR)",
}
_EVENTS = {"af": "atrial fibrillation", "heart_failure": "heart failure"}


def dictionary() -> Dictionary:
    """Every phenotype of the simulated cohort, in display order."""
    numbers = [
        Phenotype(name=name, label=label, kind="continuous", unit=unit, section=section)
        for name, label, unit, section, _ in _NUMBERS
    ]
    sex = Phenotype(name="sex", label="Sex", kind="nominal", section=PERSON, levels=SEXES)
    smoking = Phenotype(name="smoking", label="Smoking", kind="ordinal", section=PERSON, levels=SMOKING)
    ill = [
        Phenotype(name=name, label=_DISEASES[name], kind="boolean", section=DISEASE) for name in (*CONDITIONS, "lvh")
    ]
    events = [
        Phenotype(name=f"incident_{name}", label=f"Incident {label}", kind="boolean", section=LATER)
        for name, label in _EVENTS.items()
    ]
    times = [
        Phenotype(
            name=f"{name}_free_years",
            label=f"Years free of {label}",
            kind="time_to_event",
            unit="years",
            section=LATER,
            event=f"incident_{name}",
        )
        for name, label in _EVENTS.items()
    ]
    parts = {p.name: p for p in [*numbers, sex, smoking, *ill, *events, *times]}
    first = ("age", "sex", "height", "weight", "bmi", "sbp", "dbp", "smoking")
    last = [p for p in parts if parts[p].section == LATER]
    middle = [p for p in parts if p not in {*first, *last}]
    return Dictionary(tuple(parts[name] for name in (*first, *middle, *last)))


def subjects(factors: pl.DataFrame) -> pl.DataFrame:
    """One row for each row of factors: `subject_id`, `visit`, and the phenotypes of `dictionary`.

    A phenotype that a person does not have is null: no PR interval in atrial fibrillation, no time to an event that
    did not come, no incident event in those who had it before.
    """
    factors = factors.rename({"rr": "rr_ms"})
    columns: dict[str, pl.Series] = {
        "subject_id": pl.Series([f"S-{i:05d}" for i in range(len(factors))]),
        "visit": pl.Series(["1"] * len(factors)),
        "sex": _texts(factors["male"], SEXES),
        "smoking": _texts(factors["smoking"], SMOKING),
    }
    for name, _, _, _, decimals in _NUMBERS:
        columns[name] = factors[name].fill_nan(None).round(decimals)
    for name in (*CONDITIONS, "lvh"):
        columns[name] = factors[name] == 1
    for name in _EVENTS:
        came = factors[f"years_to_{name}"].is_not_nan()
        before = pl.lit(value=None)
        seen = pl.DataFrame({"came": came, "before": factors[name] == 1}).with_columns(
            years=pl.when(pl.col("came")).then(columns[f"years_to_{name}"]).otherwise(columns["follow_up"])
        )
        for column, kept in ((f"incident_{name}", "came"), (f"{name}_free_years", "years")):
            columns[column] = seen.select(pl.when("before").then(before).otherwise(kept).alias(kept))[kept]
    names = ["subject_id", "visit", *(p.name for p in dictionary())]
    return pl.DataFrame(columns).select(names)


def _texts(codes: pl.Series, levels: tuple[str, ...]) -> pl.Series:
    return pl.Series(np.array(levels, object)[codes.to_numpy().astype(int)], dtype=pl.String)
