"""Twelve blood values of a simulated person: what physiology makes of them, and noise of their own."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from jaxtyping import Float32, Float64

from latentspace.modality import Axis, Modality
from latentspace.phenotype import Phenotype
from latentspace.simulate.people import Column, Columns

BLOOD_STREAM = 3  # of a person's random numbers, beside those of cine and ECG
SECTION = "Blood"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assay:
    """A blood test: its unit, reference interval of adults, limit of detection, decimals of a report."""

    label: str
    unit: str
    reference: tuple[float, float]
    least: float = 0.0
    decimals: int = 1


TESTS: Mapping[str, Assay] = {
    "nt_probnp": Assay(label="NT-proBNP", unit="ng/L", reference=(10, 125), least=5, decimals=0),
    "troponin": Assay(label="Troponin T", unit="ng/L", reference=(3, 14), least=3),
    "creatinine": Assay(label="Creatinine", unit="umol/L", reference=(45, 104), decimals=0),
    "egfr": Assay(label="eGFR", unit="mL/min/1.73 m2", reference=(60, 120), decimals=0),
    "haemoglobin": Assay(label="Haemoglobin", unit="g/L", reference=(120, 170), decimals=0),
    "hba1c": Assay(label="HbA1c", unit="mmol/mol", reference=(25, 42), decimals=0),
    "crp": Assay(label="CRP", unit="mg/L", reference=(0.2, 5), least=0.1),
    "ldl": Assay(label="LDL cholesterol", unit="mmol/L", reference=(1.6, 4.9), least=0.3, decimals=2),
    "hdl": Assay(label="HDL cholesterol", unit="mmol/L", reference=(0.9, 2.3), decimals=2),
    "triglycerides": Assay(label="Triglycerides", unit="mmol/L", reference=(0.5, 2.3), decimals=2),
    "sodium": Assay(label="Sodium", unit="mmol/L", reference=(135, 145), decimals=0),
    "potassium": Assay(label="Potassium", unit="mmol/L", reference=(3.5, 5.1)),
}
OWN = tuple(name for name in TESTS if name != "egfr")  # a formula of creatinine, age and sex has no noise of its own


def modality() -> Modality:
    """Twelve zlog values, by the names of their tests."""
    axis = Axis(name="test", size=len(TESTS), labels=tuple(test.label for test in TESTS.values()))
    return Modality(name="blood", label="Blood", axes=(axis,), unit="zlog")


def phenotypes() -> tuple[Phenotype, ...]:
    """The same values in their units, for the dictionary."""
    return tuple(
        Phenotype(name=name, label=test.label, kind="continuous", unit=test.unit, section=SECTION)
        for name, test in TESTS.items()
    )


def draw_own(n: int, seed: int) -> pl.DataFrame:
    """Standard normals `blood_<test>`: what no physiology says of a person's blood; a person's depend on no other."""
    own = np.stack([np.random.default_rng([seed, i, BLOOD_STREAM]).standard_normal(len(OWN)) for i in range(n)])
    return pl.DataFrame({f"blood_{name}": z for name, z in zip(OWN, own.T, strict=True)})


def blood(factors: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Every test of every person as a laboratory reports it, in the units of `TESTS`.

    `factors` of `physiology.draw`, `own` of `draw_own`.
    """
    z: dict[str, Column] = {name: own[f"blood_{name}"].to_numpy() for name in OWN}
    causes: dict[str, Column] = {name: factors[name].to_numpy() for name in factors.columns}
    kidney = _kidney(z, causes)
    drawn = kidney | _heart(z, causes | kidney) | _sugar_and_fat(z, causes) | _rest(z, causes | kidney)
    return pl.DataFrame(
        {name: np.maximum(np.round(drawn[name], test.decimals), test.least) for name, test in TESTS.items()}
    )


def zlog(table: pl.DataFrame) -> Float32[np.ndarray, "n tests"]:
    """Deviations from the middle of the reference interval, whose ends are -1.96 and 1.96, in logarithms.

    Source:
        Hoffmann, Klawonn, Lichtinghagen & Orth 2017, J Lab Med 41:23.
    """
    columns: list[Float64[np.ndarray, " n"]] = []
    for name, test in TESTS.items():
        low, high = np.log(test.reference)
        columns.append((np.log(table[name].to_numpy()) - (low + high) / 2) * 3.92 / (high - low))
    return np.stack(columns, axis=1).astype(np.float32)


def filtration(creatinine: Column, age: Column, male: Column) -> Column:
    """Estimated glomerular filtration in mL/min/1.73 m2, from umol/L and years.

    Source:
        Inker et al. 2021, NEJM 385:1737 (CKD-EPI 2021, without race).
    """
    ratio = creatinine / 88.4 / np.where(male == 1, 0.9, 0.7)
    low, high = np.minimum(ratio, 1) ** np.where(male == 1, -0.302, -0.241), np.maximum(ratio, 1) ** -1.2
    return 142 * low * high * 0.9938**age * np.where(male == 1, 1, 1.012)


def _kidney(z: Columns, causes: Columns) -> dict[str, Column]:
    """Creatinine, log-normal, and the filtration that a laboratory computes from it.

    Source:
        Medians of .90 and .70 mg/dL: Pottel 2008, Clin Chim Acta 396:49; loss of filtration with age: Lindeman 1985,
        J Am Geriatr Soc 33:278; heart failure: Damman 2014, Eur Heart J 35:455; hypertension and diabetes: Coresh
        2003, Am J Kidney Dis 41:1. Sizes are judgement within published ranges.
    """
    male, sick = causes["male"], causes
    creatinine = np.exp(
        np.log(np.where(male == 1, 79.6, 61.9)) + 0.045 * _decades(causes) + 0.03 * sick["hypertension"]
        + 0.04 * sick["diabetes"] + 0.15 * sick["heart_failure"] + 0.15 * z["creatinine"]
    )  # fmt: skip
    return {"creatinine": creatinine, "egfr": filtration(np.round(creatinine), causes["age"], male)}


def _heart(z: Columns, causes: Columns) -> dict[str, Column]:
    """NT-proBNP and troponin, log-normal.

    Source:
        NT-proBNP: age, sex and filtration, Galasko 2005, Eur Heart J 26:2269; BMI, Das 2005, Circulation 112:2163;
        atrial fibrillation, Richards 2013, JACC Heart Fail 1:192; heart failure, Januzzi 2006, Eur Heart J 27:330;
        ejection fraction, Groenning 2002, Am Heart J 143:923; LV mass, Choi 2012, Circ Heart Fail 5:727. Troponin T:
        de Lemos 2010, JAMA 304:2503. Sizes are judgement within published ranges.
    """
    male, decades, sick = causes["male"], _decades(causes), causes
    heavy = np.log(causes["lvm_index"] / np.where(male == 1, 54.0, 42.0))
    weak = np.maximum(0, 58 - causes["lvef"])
    poor = np.maximum(0, 90 - causes["egfr"]) / 30
    nt_probnp = np.exp(
        np.log(np.where(male == 1, 42.0, 66.0)) + 0.34 * decades - 0.025 * (causes["bmi"] - 26.6) + 1.2 * sick["af"]
        + 1.0 * sick["heart_failure"] + 0.045 * weak + 0.7 * heavy + 0.25 * poor
        + 0.55 * z["nt_probnp"]
    )  # fmt: skip
    troponin = np.exp(
        np.log(np.where(male == 1, 5.6, 3.9)) + 0.24 * decades + 0.55 * heavy + 0.012 * weak + 0.20 * poor
        + 0.20 * sick["diabetes"] + 0.25 * sick["heart_failure"] + 0.15 * sick["old_mi"] + 0.35 * z["troponin"]
    )  # fmt: skip
    return {"nt_probnp": nt_probnp, "troponin": troponin}


def _sugar_and_fat(z: Columns, causes: Columns) -> dict[str, Column]:
    """HbA1c and lipids, log-normal but LDL.

    Source:
        HbA1c with age: Pani 2008, Diabetes Care 31:1991; with BMI in those without diabetes: Lin 2024, IJERPH 21:517.
        Lipids by sex: Carroll 2005, JAMA 294:1773; by BMI: Rashid & Genest 2007, Obesity 15:2875; diabetes: Mooradian
        2009, Nat Clin Pract Endocrinol Metab 5:150; LDL of treated patients: Kotseva 2019, Eur J Prev Cardiol 26:824;
        HDL of smokers: Craig 1989, BMJ 298:784. Sizes are judgement within published ranges.
    """
    male, heavier, diabetes = causes["male"], causes["bmi"] - 26.6, causes["diabetes"]
    fat = 0.45 * z["hdl"] + 0.893 * z["triglycerides"]  # high triglycerides go with low HDL
    return {
        "hba1c": np.exp(
            np.log(35.5) + 0.020 * _decades(causes) + 0.0046 * heavier * (1 - diabetes)
            + diabetes * (0.33 + 0.14 * np.abs(z["hba1c"])) + 0.09 * z["hba1c"]
        ),
        "ldl": 3.55 - 0.15 * male + 0.01 * heavier - 0.9 * diabetes - 1.2 * causes["old_mi"] * (1 - diabetes)
        + 0.8 * z["ldl"],
        "hdl": np.exp(
            np.log(np.where(male == 1, 1.28, 1.58)) - 0.018 * heavier - 0.06 * diabetes
            - 0.07 * (causes["smoking"] == 2) - 0.19 * z["hdl"]
        ),
        "triglycerides": np.exp(
            np.log(np.where(male == 1, 1.50, 1.25)) + 0.030 * heavier + 0.22 * diabetes + 0.42 * fat
        ),
    }  # fmt: skip


def _rest(z: Columns, causes: Columns) -> dict[str, Column]:
    """Haemoglobin and salts, normal; C-reactive protein, log-normal.

    Source:
        Haemoglobin by sex and age: Beutler & Waalen 2006, Blood 107:1747; filtration: Astor 2002, Arch Intern Med
        162:1401; heart failure: Groenveld 2008, JACC 52:818. CRP: BMI and sex, Visser 1999, JAMA 282:2131; smoking,
        Froehlich 2003, Eur Heart J 24:1365; heart failure, Anand 2005, Circulation 112:1428. Sodium in heart failure:
        Gheorghiade 2007, Eur Heart J 28:980; potassium with filtration: Einhorn 2009, Arch Intern Med 169:1156. Sizes
        are judgement within published ranges.
    """
    male, failing, decades = causes["male"], causes["heart_failure"], _decades(causes)
    poor = np.maximum(0, 60 - causes["egfr"])
    return {
        "haemoglobin": 134.5 + 14.0 * male - 2.5 * decades * male - 0.25 * poor - 5.0 * failing
        + 9.5 * z["haemoglobin"],
        "crp": np.exp(
            np.log(1.25) + 0.085 * (causes["bmi"] - 26.6) - 0.10 * male + 0.35 * (causes["smoking"] == 2)
            + 0.45 * failing + 0.85 * z["crp"]
        ),
        "sodium": 140.4 - 1.3 * failing + 1.9 * z["sodium"],
        "potassium": 4.25 + 0.008 * poor + 0.30 * z["potassium"],
    }  # fmt: skip


def _decades(causes: Columns) -> Column:
    return (causes["age"] - 64.25) / 10
