"""Who is simulated: sex, age, body, blood pressure, smoking, conditions, follow-up."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from jaxtyping import Float64
from scipy.special import expit, ndtr, ndtri

Cohort = Literal["population", "clinic"]
Column = Float64[np.ndarray, " n"]
Columns = Mapping[str, Column]

CONDITIONS = (
    "hypertension", "diabetes", "hcm", "dcm", "old_mi", "af", "heart_failure", "stroke", "rbbb", "lbbb", "av_block_1",
)  # fmt: skip
# With these the shares are those of POPULATION.md, "Suggested" (HCM .15 %, DCM .3 %: its odds, for healthy volunteers);
# for the clinic 40, 12, 7, 7, 12, 10, 10, 6, 8, 7 and 10 %: enriched, so that every condition's group can be seen.
BASE_LOG_ODDS: Mapping[Cohort, tuple[float, ...]] = {
    "population": (-1.406, -3.559, -6.501, -6.020, -5.171, -4.222, -5.216, -4.685, -4.516, -5.383, -3.056),
    "clinic": (-0.578, -2.730, -2.587, -2.798, -3.308, -3.161, -3.754, -3.432, -3.266, -3.290, -2.493),
}

# Log odds ratios of each condition: for a decade of age, an SD of BMI or pressure, and what comes before it here.
# Directions and sizes follow the odds ratios of POPULATION.md. What was put in is meant to be found again.
LOG_ODDS: Mapping[str, Mapping[str, float]] = {
    "hypertension": {"decade": 0.45, "heavier": 0.40, "pressure": 1.30},
    "diabetes": {"decade": 0.30, "heavier": 0.75, "male": 0.40, "hypertension": 0.60},
    "hcm": {},
    "dcm": {"male": 0.40},
    "old_mi": {"decade": 0.70, "male": 1.10, "smoking": 0.45, "diabetes": 0.50, "hypertension": 0.60},
    "af": {"decade": 0.95, "male": 0.60, "heavier": 0.20, "hypertension": 0.45, "hcm": 1.0, "dcm": 1.2},
    "heart_failure": {"decade": 0.70, "old_mi": 1.8, "af": 1.2, "hypertension": 0.60, "dcm": 3.0, "hcm": 0.8},
    "stroke": {"decade": 0.80, "hypertension": 0.70, "af": 0.90},
    "rbbb": {"decade": 0.55, "male": 1.25},
    "lbbb": {"decade": 0.60, "old_mi": 0.60, "dcm": 2.2, "hypertension": 0.40},
    "av_block_1": {"decade": 0.55, "male": 0.45},
}
NORMALS = (
    "sex", "age", "height", "bmi", "sbp", "dbp", "smoking", "af_time", "hf_time", "follow_up", *CONDITIONS,
)  # fmt: skip
YEARS = (45.0, 82.0)
AF_PER_YEAR, HF_PER_YEAR = 0.00311, 0.0018


def draw_people(z: Columns, cohort: Cohort) -> dict[str, Column]:
    """Demographics and conditions from one standard normal for each of `NORMALS` and subject.

    Booleans are 0 or 1. Units: years, cm, kg, kg/m2, mmHg, m2. `smoking` is 0 never, 1 past, 2 current.

    Source:
        POPULATION.md of the project's design pages: UK Biobank imaging (Sci Rep 2022 27254; Petersen 2017).
    """
    male = (ndtr(z["sex"]) < 0.484).astype(float)
    age = _truncated(z["age"], mean=64.4, sd=8.3, limits=YEARS)
    older = (age - 64.25) / 7.57
    height = 163 + 13 * male + (6 + male) * (z["height"] - 0.1 * older)
    heavier = z["bmi"]
    bmi = np.where(male == 1, _lognormal(27.1, 3.9, heavier), _lognormal(26.2, 4.6, heavier))
    pressure = 0.28 * older + 0.20 * heavier + np.sqrt(1 - 0.28**2 - 0.20**2) * z["sbp"]
    sbp = 133 + 8 * male + (19 - 3 * male) * pressure
    dbp = 77 + 4 * male + 10 * (0.65 * pressure - 0.22 * older + 0.72 * z["dbp"])
    smoking = (z["smoking"] > ndtri(0.625)) + 1.0 * (z["smoking"] > ndtri(0.964))
    weight = bmi * (height / 100) ** 2
    people = {
        "male": male, "age": age, "height": height, "weight": weight, "bmi": bmi, "sbp": sbp, "dbp": dbp,
        "smoking": smoking, "bsa": np.sqrt(height * weight / 3600),
    }  # fmt: skip
    causes: Columns = people | {"decade": (age - 64.25) / 10, "heavier": heavier, "pressure": pressure}
    return people | _conditions(z, causes, cohort)


def follow(z: Columns, people: Columns, heart: Columns) -> dict[str, Column]:
    """Years of follow-up, and years to incident AF and heart failure (nan: none during follow-up, or had before).

    Exponential times whose rate depends on age, sex, pressure, atrium and ventricle.

    Source:
        Rates and hazard ratios: POPULATION.md, ECG section (AF 3.11 / 1,000 person-years).
    """
    years = 2 + 8 * ndtr(z["follow_up"])
    older = (people["age"] - 64.25) / 10
    shared = 0.6 * people["male"] + 0.4 * people["hypertension"]
    atrium = np.log(heart["la_max"] / 74.5) / 0.31
    af = AF_PER_YEAR * np.exp(0.85 * older + shared + 0.5 * atrium - 0.72)
    weak = (59.4 - heart["lvef"]) / 6.4
    failure = HF_PER_YEAR * np.exp(0.7 * older + shared + 0.45 * weak + 0.7 * people["old_mi"] - 0.4)
    times = {
        "af": -np.log(ndtr(z["af_time"])) / af,
        "heart_failure": -np.log(ndtr(z["hf_time"])) / failure,
    }
    incident = {
        f"years_to_{name}": np.where((time < years) & (people[name] == 0), time, np.nan) for name, time in times.items()
    }
    return {"follow_up": years, **incident}


def _conditions(z: Columns, causes: Columns, cohort: Cohort) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for name, base in zip(CONDITIONS, BASE_LOG_ODDS[cohort], strict=True):
        log_odds = base + sum(b * {**causes, **found}[cause] for cause, b in LOG_ODDS[name].items())
        found[name] = (ndtr(z[name]) < expit(log_odds)).astype(float)
    return found


def _lognormal(mean: float, sd: float, z: Column) -> Column:
    spread = np.sqrt(np.log1p((sd / mean) ** 2))
    return mean * np.exp(spread * z - spread**2 / 2)


def _truncated(z: Column, *, mean: float, sd: float, limits: tuple[float, float]) -> Column:
    low, high = (ndtr((limit - mean) / sd) for limit in limits)
    return mean + sd * ndtri(low + (high - low) * ndtr(z))
