"""What is measured (Axis, Modality, Recording) and where it is embedded (Space)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis of an array: a coordinate runs from `origin` in `step`s of `unit`, or is named by `labels`.

    Two modalities whose axes have the same names and units are parts of one picture (limb and chest leads on one
    sheet of ECG paper, the left and the right half of one digit); `origin` says where each part belongs. `ends` are the
    letters of the patient's sides at the first and the last place of an image's axis (R and L); none where an image
    has no orientation.
    """

    name: str
    size: int
    step: float = 1.0
    unit: str = "1"
    origin: float = 0.0
    labels: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()


BEAT = (600, 1 / 500, -217 / 500)  # samples of a prepared beat, seconds between them, when the first is before QRS
CINE = (50, 96, 96)  # phases, rows, columns of a prepared four-chamber cine
UPRIGHT = {"row": ("A", "P"), "column": ("R", "L")}  # the patient's sides at its first and last row and column


@dataclass(frozen=True, slots=True, kw_only=True)
class Modality:
    """One kind of measurement: the axes of its arrays and the unit of their values.

    `modelled` modalities enter the encoder, `display` ones are only shown (a rhythm strip). `dtype` is how values are
    stored and sent: `uint8` is a grey scale of 256 steps, a quarter of the bytes of a cine.
    """

    name: str
    label: str
    axes: tuple[Axis, ...]
    unit: str
    role: Literal["modelled", "display"] = "modelled"
    dtype: Literal["float32", "uint8"] = "float32"

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes, in order."""
        return tuple(axis.size for axis in self.axes)

    @property
    def is_beat(self) -> bool:
        """Whether its arrays are prepared median beats."""
        if len(self.axes) != 2 or self.unit != "mV" or not self.axes[0].labels:
            return False
        time = self.axes[1]
        return time.unit == "s" and all(
            abs(a - b) < 1e-9 for a, b in zip((time.size, time.step, time.origin), BEAT, strict=True)
        )

    @property
    def is_cine(self) -> bool:
        """Whether its arrays are prepared four-chamber cines."""
        return self.shape == CINE and tuple(axis.name for axis in self.axes) == ("time", "row", "column")

    def stored(self, values: np.ndarray) -> np.ndarray:
        """Values as they are stored: float32, or rounded to the grey scale and cut off at its ends."""
        if self.dtype == "float32" or values.dtype == np.uint8:
            return values.astype(self.dtype, copy=False)
        return np.clip(np.rint(values), 0, 255).astype(np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One measurement of one subject at one visit; `values` has the shape of the modality."""

    subject_id: str
    visit: str
    modality: str
    values: np.ndarray
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What was odd about a file that was read all the same: a line of the report."""

    code: str
    reason: str
    outcome: Literal["flagged", "repaired"] = "flagged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Several leads of one device as a file holds them: (lead, time) float32 in mV, NaN where the file has no value.

    `beat` is the median beat that the device itself stored, `measured` what it measured, by name of the phenotype.
    `own_id` is who it is by the file itself, `""` where it does not say.
    """

    leads: tuple[str, ...]
    values: np.ndarray
    sampling_rate_hz: float
    source: str
    beat: "Signal | None" = None
    measured: Mapping[str, float] = field(default_factory=dict[str, float])
    own_id: str = ""
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """A set of latent dimensions and the modalities whose posterior is embedded there.

    `<modality>` is the shared posterior from that modality alone, `joint` the product of all that a subject has,
    `private_<modality>` what only that modality knows. All shared spaces have the same dimensions.
    """

    name: str
    label: str
    modalities: tuple[str, ...]
    dims: tuple[str, ...]


JOINT = "joint"
CODE = "code"  # a full code z = [joint | private of each modality]


def private(modality: str) -> str:
    """Name of the space of a modality's private latents."""
    return f"private_{modality}"


def spaces_of(modalities: tuple[Modality, ...], *, n_shared: int, n_private: Mapping[str, int]) -> tuple[Space, ...]:
    """Every space of a model: joint first, then one for each modality, then the private ones."""
    modelled = tuple(m for m in modalities if m.role == "modelled")
    shared = tuple(f"z{i:0{len(str(n_shared - 1))}d}" for i in range(n_shared))
    return (
        Space(name=JOINT, label="Joint", modalities=tuple(m.name for m in modelled), dims=shared),
        *(Space(name=m.name, label=m.label, modalities=(m.name,), dims=shared) for m in modelled),
        *(
            Space(
                name=private(m.name),
                label=f"{m.label}, private",
                modalities=(m.name,),
                dims=tuple(f"{m.name}{i:0{len(str(n_private[m.name] - 1))}d}" for i in range(n_private[m.name])),
            )
            for m in modelled
        ),
    )
