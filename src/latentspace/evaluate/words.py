"""What an aspect and a figure mean, in plain words, with the trap of reading them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Aspect:
    """A family of figures, named by the first part of their names."""

    title: str
    plain: str
    trap: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What the last part of a figure's name means; `nothing` is what a model that knows nothing reaches."""

    label: str
    better: Literal["higher", "lower", ""] = ""
    ends: tuple[float, float] | None = None
    nothing: float | None = None


ASPECTS: Mapping[str, Aspect] = {
    "reconstruction": Aspect(
        title="Reconstruction",
        plain="Each held-out recording is encoded and decoded again: how much of it comes back?",
        trap="Black background and quiet baselines are easy, and a blurred picture scores well. Look at the pictures.",
    ),
    "translation": Aspect(
        title="Translation",
        plain="One modality is encoded alone; another is drawn from it and held against what the same person has.",
        trap="The average recording scores too. Only where a translation is closer to its own person than to others "
        "did the first modality tell anything; an unexplained variance above 1 is worse than the average.",
    ),
    "traversal": Aspect(
        title="Traversal",
        plain="One shared dimension is moved, the rest is kept: does every modality change, and more with every step? "
        "Along the course of a phenotype: does the phenotype that is measured on what is drawn follow the slider?",
        trap="That something moves does not say what it means: a dimension has no name of its own. The course of a "
        "phenotype takes along what goes with it in the cohort: selectivity says how much.",
    ),
    "retrieval": Aspect(
        title="Retrieval",
        plain="Given one modality of a person, find the same person's other modality among everybody's.",
        trap="Recall falls as the pool grows, so compare pools of one size; sex or heart rate alone give much away.",
    ),
    "alignment": Aspect(
        title="Alignment",
        plain="Do the modalities of one person lie together in the shared space, and can they be told apart there?",
        trap="Modalities are perfectly mixed in a space that knows nothing: read it together with retrieval.",
    ),
    "latent": Aspect(
        title="Latents",
        plain="How many shared dimensions are in use, and how much they say about a person.",
        trap="More is not better: a dimension may carry noise.",
    ),
    "truth": Aspect(
        title="Truth",
        plain="Where the factors that people were made from are known: do single dimensions line up with them?",
        trap="It says nothing about people whose factors nobody knows.",
    ),
    "projection": Aspect(
        title="Maps",
        plain="How many neighbourhoods of the latent space are still neighbourhoods on the t-SNE map.",
        trap="The size of an island on such a map, and the distance between two, mean nothing.",
    ),
    "downstream": Aspect(
        title="Downstream",
        plain="How well phenotypes are predicted from the codes of people whom the predictor has not seen. Code: the "
        "full code, shared and private. All: every modality's own codes side by side. "
        "Phenotypes: the table, without codes.",
        trap="What follows from age and sex is no merit of a model: compare with what the raw phenotypes reach.",
    ),
}

SHARE = (0.0, 1.0)

METRICS: Mapping[str, Metric] = {
    "unexplained_variance": Metric(label="Unexplained variance", better="lower", ends=SHARE, nothing=1),
    "mae": Metric(label="Mean absolute error", better="lower"),
    "pearson": Metric(label="Pearson's r, recorded with drawn", better="higher", ends=SHARE, nothing=0),
    "pearson_median": Metric(label="Pearson's r, median of people and leads", better="higher", ends=SHARE, nothing=0),
    "psnr": Metric(label="Peak signal to noise, dB", better="higher"),
    "ssim": Metric(label="Structural similarity (SSIM)", better="higher", ends=SHARE),
    "area_time_r": Metric(label="Ventricle's area over time, r", better="higher", ends=SHARE, nothing=0),
    "qrs_error": Metric(label="QRS duration off by, ms", better="lower"),
    "qt_error": Metric(label="QT interval off by, ms", better="lower"),
    "pr_error": Metric(label="PR interval off by, ms", better="lower"),
    "maps": Metric(label="Unexplained variance, without pixel noise", better="lower", ends=SHARE, nothing=1),
    "heart": Metric(label="Unexplained variance inside the heart", better="lower", ends=SHARE, nothing=1),
    "heart_dyn": Metric(label="Unexplained motion inside the heart", better="lower", ends=SHARE, nothing=1),
    "sharpness": Metric(label="Sharpness, drawn / recorded (1 is right)", ends=(0.0, 1.5)),
    "closer_than_shuffled": Metric(
        label="Closer to the own person than to others", better="higher", ends=SHARE, nothing=0.5
    ),
    "closer_than_matched": Metric(
        label="Closer to the own person than to one of same sex, age, heart rate",
        better="higher",
        ends=SHARE,
        nothing=0.5,
    ),
    "closer_in_sd": Metric(label="The same, each channel in its own SD", better="higher", ends=SHARE, nothing=0.5),
    "closer_than_mean": Metric(label="Closer to the own person than the average is", better="higher", ends=SHARE),
    "r": Metric(label="r, measured on what was drawn with truth", better="higher", ends=SHARE, nothing=0),
    "r_within_sex": Metric(label="r within each sex", better="higher", ends=SHARE, nothing=0),
    "coverage_90": Metric(label="Covered by the 90 % band (.9 is right)", ends=SHARE),
    "width_90": Metric(label="Width of the 90 % band", better="lower"),
    "matched_coverage_90": Metric(label="Covered by the band of matched people", ends=SHARE),
    "matched_width_90": Metric(label="Width of the band of matched people"),
    "crps": Metric(label="Distance of the whole forecast (CRPS)", better="lower"),
    "shared_spearman": Metric(
        label="The same, only the shared code moved (Spearman)", better="higher", ends=SHARE, nothing=0
    ),
    "spearman": Metric(label="Change grows with the step (Spearman)", better="higher", ends=SHARE, nothing=0),
    "share_monotone": Metric(label="People in whom it grows with the step", better="higher", ends=SHARE),
    "selectivity": Metric(label="Own change over side effects", better="higher"),
    "identity": Metric(label="Still nearest to themselves after a small step", better="higher", ends=SHARE),
    "share": Metric(label="Share of the variance that it moves"),
    "recall_at_1": Metric(label="Found first", better="higher", ends=SHARE),
    "recall_at_5": Metric(label="Found among the first 5", better="higher", ends=SHARE),
    "recall_at_10": Metric(label="Found among the first 10", better="higher", ends=SHARE),
    "recall_at_10_adjusted": Metric(
        label="Found among the first 10, sex and heart rate taken out", better="higher", ends=SHARE
    ),
    "median_rank": Metric(label="Median rank", better="lower"),
    "pool": Metric(label="People in the pool"),
    "auc": Metric(label="Own pairs closer than others' (AUC)", better="higher", ends=SHARE, nothing=0.5),
    "modality_classifier": Metric(label="Modality told from the code", better="lower", ends=SHARE),
    "active": Metric(label="Dimensions in use"),
    "active_share": Metric(label="Share of dimensions in use", ends=SHARE),
    "kl": Metric(label="Information about a person, nats"),
    "dci": Metric(label="Disentanglement (DCI)", better="higher", ends=SHARE),
    "mig": Metric(label="Mutual information gap (MIG)", better="higher", ends=SHARE),
    "sap": Metric(label="Separated attribute predictability (SAP)", better="higher", ends=SHARE),
    "trustworthiness": Metric(label="Neighbours on the map are true", better="higher", ends=SHARE),
    "continuity": Metric(label="True neighbours are neighbours on the map", better="higher", ends=SHARE),
    "knn_kept": Metric(label="Of 15 neighbours kept", better="higher", ends=SHARE),
    "r2": Metric(label="R squared", better="higher", ends=SHARE, nothing=0),
    "auroc": Metric(label="AUROC", better="higher", ends=SHARE, nothing=0.5),
    "auprc": Metric(label="Area under precision and recall", better="higher", ends=SHARE),
    "brier": Metric(label="Brier score", better="lower"),
    "calibration_slope": Metric(label="Calibration slope (1 is right)"),
    "held_out_r2": Metric(label="R squared, held-out people only", better="higher", ends=SHARE, nothing=0),
    "held_out_auroc": Metric(label="AUROC, held-out people only", better="higher", ends=SHARE, nothing=0.5),
}


def metric_of(name: str, n: int | None) -> Metric:
    """What the figure of this name over `n` people measures; a name that is not listed speaks for itself."""
    last = name.rpartition(".")[2]
    what, _, count = last.rpartition("_at_")
    if what in METRICS and count.isdigit():
        return replace(METRICS[what], label=f"{METRICS[what].label} learnt from {count} people")
    metric = METRICS.get(last, Metric(label=last.replace("_", " ")))
    return replace(metric, nothing=min(1.0, int(count) / n)) if what == "recall" and count.isdigit() and n else metric


def number(value: float, like: float | None = None) -> str:
    """Three digits, or as many decimals as three digits of `like` have: `0.0340`, `12.5`, `1,204`."""
    size = abs(value if like is None else like)
    decimals = 2 if size == 0 else min(6, max(0, 2 - math.floor(math.log10(size))))
    return f"{value:,.{decimals}f}"


def bracket(value: float, low: float, high: float) -> str:
    """An interval with the decimals of its value: `[0.0228, 0.0290]`."""
    return f"[{number(low, value)}, {number(high, value)}]"
