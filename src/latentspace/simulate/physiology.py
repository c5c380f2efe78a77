"""What ECG and cine share: chambers, rate, intervals, axes, voltages; one row for each simulated subject."""

import numpy as np
import polars as pl
from scipy.special import expit

from latentspace.simulate.people import NORMALS, Cohort, Column, Columns, draw_people, follow

VERSION = 1  # of the simulator: every cohort and every result names it
HEART_NORMALS = (
    "lvm", "lvedv", "lvef", "rvedv", "la_max", "la_ef", "ra_max", "ra_ef", "hr", "qrs", "pr", "p_duration",
    "qtc", "r_axis", "p_axis", "t_axis", "voltage", "septum", "scar_place", "scar_size", "strain",
)  # fmt: skip
ALL = (*NORMALS, *HEART_NORMALS)


def draw(n: int, *, seed: int, cohort: Cohort) -> pl.DataFrame:
    """Every factor of `n` subjects. Subject i is the same person in every cohort of this seed, whatever n is.

    Units: mL, g, %, ms, 1/min, degrees (frontal plane), years; `voltage` is a factor (1: a typical heart in a typical
    chest); conditions, `male` and `lvh` are 0 or 1; `scar_wall` is 0 septum, 1 apex, 2 lateral wall.
    """
    values = np.stack([np.random.default_rng([seed, i]).standard_normal(len(ALL)) for i in range(n)])
    z: dict[str, Column] = dict(zip(ALL, values.T, strict=True))
    people = draw_people(z, cohort)
    heart = chambers(z, people)
    electric = electricity(z, people | heart)
    return pl.DataFrame(people | heart | electric | follow(z, people, heart))


def chambers(z: Columns, people: Columns) -> dict[str, Column]:
    """Volumes, mass and function of the four chambers.

    Source:
        POPULATION.md, CMR (Petersen 2017, JCMR and PLoS One; unselected means of ml4h): means of healthy men and women,
        per cent for an SD of BMI and pressure; effects of conditions are judgement within published ranges.
    """
    male, older, tall, heavy, tense = _causes(z, people)
    sick = {name: people[name] for name in ("hypertension", "diabetes", "hcm", "dcm", "old_mi", "af", "heart_failure")}
    mass_own, volume_own = _related(z["lvm"], z["lvedv"], 0.50)
    # BMI and pressure act on everyone's mean too: healthy people are lighter and less tense, hence the offsets
    lvm = np.exp(
        np.log(np.where(male == 1, 105.0, 71.0)) + 0.083 * heavy + 0.050 * tense + 0.050 * tall - 0.010 * older * male
        + 0.040 * sick["hypertension"] + 0.42 * sick["hcm"] + 0.22 * sick["dcm"] + 0.06 * sick["heart_failure"]
        + 0.05 * sick["af"] + 0.03 * sick["old_mi"] + 0.145 * mass_own
    )  # fmt: skip
    lvedv = np.exp(
        np.log(np.where(male == 1, 163.0, 124.0)) + 0.048 * heavy + 0.045 * tense + 0.060 * tall - 0.035 * older
        - 0.050 * sick["diabetes"] - 0.10 * sick["hcm"] + 0.36 * sick["dcm"] + 0.14 * sick["old_mi"]
        + 0.20 * sick["heart_failure"] + 0.152 * volume_own
    )  # fmt: skip
    healthy_ef = np.where(male == 1, 58.7, 60.9) - 0.8 * sick["diabetes"] + 4.0 * sick["hcm"]
    lost = 19 * sick["dcm"] + 14 * sick["old_mi"] + 14 * sick["heart_failure"] + 2.5 * sick["af"] + 4 * people["lbbb"]
    lvef = np.clip(healthy_ef - lost + 5.5 * z["lvef"], 12, 80)
    stroke_volume = lvedv * lvef / 100
    # the right ventricle pumps what the left one does; its volume correlates .8 with the left one's
    rvedv = np.exp(
        np.log(np.where(male == 1, 182.0, 127.5)) + 0.80 * np.log(lvedv / np.where(male == 1, 163.0, 124.0))
        + 0.10 * (0.6 * z["lvef"] + 0.8 * z["rvedv"])
    )  # fmt: skip
    rvef = np.clip(100 * stroke_volume * (1 + 0.03 * male) / rvedv, 15, 80)
    la_max = np.exp(
        np.log(np.where(male == 1, 73.5, 65.5)) + 0.075 * heavy + 0.03 * tense + 0.045 * tall + 0.035 * older
        + 0.30 * sick["af"] + 0.20 * sick["heart_failure"] + 0.16 * sick["hcm"] + 0.14 * sick["dcm"]
        + 0.27 * z["la_max"]
    )  # fmt: skip
    ra_max = np.exp(
        np.log(np.where(male == 1, 88.0, 66.5)) + 0.04 * heavy + 0.03 * tall + 0.26 * sick["af"]
        + 0.12 * sick["heart_failure"] + 0.26 * _related(z["la_max"], z["ra_max"], 0.4)[1]
    )  # fmt: skip
    tired = 22 * sick["af"] + 7 * sick["heart_failure"] + 5 * sick["dcm"] + 3 * sick["hcm"]
    la_ef = np.clip(np.where(male == 1, 60.0, 61.5) - 1.5 * older - tired + 6.2 * z["la_ef"], 6, 80)
    ra_ef = np.clip(np.where(male == 1, 40.5, 47.0) - tired / 2 + 8.4 * z["ra_ef"], 5, 68)
    return {
        "lvm": lvm, "lvedv": lvedv, "lvef": lvef, "lvesv": lvedv - stroke_volume, "lvsv": stroke_volume,
        "rvedv": rvedv, "rvef": rvef, "rvesv": rvedv * (1 - rvef / 100), "la_max": la_max, "la_ef": la_ef,
        "la_min": la_max * (1 - la_ef / 100), "ra_max": ra_max, "ra_ef": ra_ef, "ra_min": ra_max * (1 - ra_ef / 100),
        "lvm_index": lvm / people["bsa"],
        "lvh": (lvm / people["bsa"] > np.where(male == 1, 72, 55)).astype(float),
        "septum": sick["hcm"] * np.exp(0.55 + 0.22 * z["septum"]),  # how many times thicker than the other walls
        "scar": sick["old_mi"] * expit(0.2 + 0.8 * z["scar_size"]),
        "scar_wall": np.digitize(z["scar_place"], [-0.2, 0.7]).astype(float),
    }  # fmt: skip


def electricity(z: Columns, factors: Columns) -> dict[str, Column]:
    """Rate, intervals, axes and overall voltage of the ECG.

    Source:
        POPULATION.md, ECG (ml4h normalisers of UK Biobank) and "Dependence structure".
    """
    male, older, _, heavy, _ = _causes(z, factors)
    mass = (factors["lvm"] - 89.7) / 24.8
    lbbb, rbbb = factors["lbbb"], factors["rbbb"] * (1 - factors["lbbb"])
    hr = np.exp(
        np.log(57.6) + 0.03 * (1 - male) + 0.02 * heavy + 0.16 * factors["af"] + 0.07 * factors["heart_failure"]
        + 0.05 * factors["diabetes"] + 0.165 * z["hr"]
    )  # fmt: skip
    hr = np.clip(hr, 38, 130)
    qrs = 85.7 + 3.6 * male + 5.2 * mass - 0.8 * older + 5.4 * z["qrs"]
    qrs = np.where(
        lbbb == 1, 148 + 11 * z["qrs"], np.where(rbbb == 1, np.maximum(138 + 10 * z["qrs"], 120), np.clip(qrs, 62, 118))
    )
    pr = 160 + 5 * male + 3.5 * older + 2.0 * heavy + 22 * z["pr"]
    late = 212 + 14 * np.abs(z["pr"])
    pr = np.where(factors["av_block_1"] == 1, late, np.clip(pr, 104, 200))
    atrium = np.log(factors["la_max"] / 74.5) / 0.31
    p_duration = np.clip(95 + 5 * atrium + 3 * male + 2 * older + 18 * z["p_duration"], 50, pr - 22)
    qt_at_60 = 423 - 10 * male + 3.5 * older + 0.35 * (qrs - 89.5) + 16.5 * z["qtc"]
    qt = qt_at_60 * (60 / hr) ** 0.36
    # a scar of the lateral wall lets the axis turn to the right, one of the apex to the left
    scarred = factors["scar"] * np.choose(factors["scar_wall"].astype(int), [0.0, -20.0, 40.0])
    lad = -70 * lbbb * expit(z["r_axis"])
    r_axis = 27 - 11 * older - 7 * heavy - 5 * mass + 33 * z["r_axis"] + lad + scarred
    nan = np.where(factors["af"] == 1, np.nan, 1.0)
    r_axis = np.clip(r_axis, -85, 110)
    strain, t_axis = _repolarisation(z, factors, r_axis)
    return {
        "heart_rate": hr,
        "rr": 60_000 / hr,
        "pr": pr * nan,
        "p_duration": p_duration * nan,
        "qrs": qrs,
        "qt": qt,
        "qtc": qt * np.sqrt(hr / 60),
        "r_axis": r_axis,
        "p_axis": (48 + 21 * z["p_axis"]) * nan,
        "t_axis": t_axis,
        "strain": strain,
        "voltage": np.exp(0.50 * np.log(factors["lvm"] / 88) - 0.15 * heavy - 0.03 * older + 0.12 * z["voltage"]),
    }


def _repolarisation(z: Columns, factors: Columns, r_axis: Column) -> tuple[Column, Column]:
    """Strain of a thick ventricle (0 none, 1 flattens T in the left leads, 2 inverts it), and the axis of T.

    T turns away from what is thick, blocked or dead: its frontal part is that of a healthy T less a part of QRS and of
    the dead wall.
    """
    limit = np.where(factors["male"] == 1, 72, 55)
    thick = np.maximum(0, factors["lvm"] / factors["bsa"] / limit - 0.92)
    giant = 0.9 * factors["hcm"] * (z["strain"] > 0)
    strain = np.clip(3.6 * thick * np.exp(0.5 * z["strain"]) + giant, 0, 2)
    lbbb = factors["lbbb"]
    healthy, r = (np.exp(1j * np.deg2rad(axis)) for axis in (41 + 0.25 * (r_axis - 27) + 27 * z["t_axis"], r_axis))
    wall = np.choose(factors["scar_wall"].astype(int), [-0.25 + 0.10j, 0.55 + 0.35j, 1.0 - 0.25j])
    t = healthy * (1 - 0.75 * lbbb) - (0.75 * strain * (1 - lbbb) + 1.6 * lbbb) * r - 0.9 * factors["scar"] * wall
    return strain, np.rad2deg(np.angle(t))


def _causes(z: Columns, people: Columns) -> tuple[Column, Column, Column, Column, Column]:
    """Male (0, 1), and standardised age, height (within sex), BMI, pressure (within sex)."""
    male = people["male"]
    tall = (people["height"] - 163 - 13 * male) / (6 + male)
    tense = (people["sbp"] - 133 - 8 * male) / (19 - 3 * male)
    return male, (people["age"] - 64.25) / 7.57, tall, z["bmi"], tense


def _related(a: Column, b: Column, r: float) -> tuple[Column, Column]:
    """`a`, and `b` made to correlate with it by r."""
    return a, r * a + np.sqrt(1 - r**2) * b
