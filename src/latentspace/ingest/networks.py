"""Decoders and encoders that another program exported as ONNX: looked at and tried once, in a limited child."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from latentspace.errors import InputError, NotFoundError
from latentspace.ingest.limited import Failure, Limits, map_limited
from latentspace.modality import Axis, Modality
from latentspace.readers.onnx_file import names_other_files
from latentspace.workspace import modality_of

ENCODER, DECODER = "encoder_", "decoder_"
DESCRIPTION = "modalities.json"
MAX_BYTES, MAX_ELEMENTS = 1 << 30, 1 << 24
AXES: Mapping[int, tuple[str, ...]] = {1: ("element",), 2: ("row", "column"), 3: ("time", "row", "column")}
LIMITS = Limits(seconds_each=120)
EXPORT = "Export the network anew: float32, one file, `z` (n, width) in and recordings (n, ...) out."


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """What draws: the modalities, and the files as they will be kept, by name.

    `widths` say how many numbers each decoder takes, `shared` how many of them are shared, where an encoder tells.
    """

    modalities: tuple[Modality, ...]
    widths: Mapping[str, int]
    shared: Mapping[str, int]
    files: Mapping[str, Path]

    @property
    def labels(self) -> dict[str, str]:
        """Of the modalities, by name."""
        return {m.name: m.label for m in self.modalities}


@dataclass(frozen=True, slots=True)
class Tried:
    """What a network says of nought: shapes of what goes in and comes out (without rows), or why it cannot be used."""

    takes: tuple[int, ...] = ()
    gives: tuple[tuple[int, ...], ...] = ()
    trouble: tuple[str, str] | None = None  # code, what was found


def read_networks(folder: Path | None) -> Networks:
    """The networks of a folder: decoder_<m>.onnx, encoder_<m>.onnx where there are any, modalities.json likewise.

    Raises:
        NotFoundError: no such folder, or no decoder in it.
        InputError: a file that is no such network, keeps its numbers in another file, or does not fit the others.
    """
    if folder is None:
        return Networks(modalities=(), widths={}, shared={}, files={})
    decoders = {p.stem.removeprefix(DECODER): p for p in sorted(folder.glob(f"{DECODER}*.onnx"))}
    if not decoders:
        found = "has no decoder_<modality>.onnx" if folder.is_dir() else "no such folder"
        hint = "Name the folder that holds decoder_<modality>.onnx."
        raise NotFoundError("onnx.missing", where=str(folder), found=found, hint=hint)
    encoders = {m: path for m in decoders if (path := folder / f"{ENCODER}{m}.onnx").is_file()}
    paths = [*decoders.values(), *encoders.values()]
    tried = dict(zip(paths, _tried(paths), strict=True))
    described = _described(folder)
    modalities = tuple(_modality(m, path, tried[path], described) for m, path in decoders.items())
    for m, path in encoders.items():
        _check_encoder(path, tried[path], tried[decoders[m]])
    widths = {m: tried[path].takes[0] for m, path in decoders.items()}
    shared = {m: tried[path].gives[0][0] for m, path in encoders.items()}
    return Networks(modalities=modalities, widths=widths, shared=shared, files={path.name: path for path in paths})


def _tried(paths: list[Path]) -> list[Tried]:
    """Each network's answer, in order."""
    answers = dict(map_limited(try_network, paths, workers=1, limits=LIMITS))
    for place, path in enumerate(paths):
        answer = answers[place]
        trouble = ("onnx.unreadable", answer.reason) if isinstance(answer, Failure) else answer.trouble
        if trouble:
            raise InputError(trouble[0], where=str(path), found=trouble[1], hint=EXPORT)
    return [answer for _, answer in sorted(answers.items()) if isinstance(answer, Tried)]


def try_network(path: Path) -> Tried:
    """Open a network and let it run on two rows of nought."""
    try:
        session, wanted = _opened(path), "z" if path.name.startswith(DECODER) else "recordings"
        takes = _taken(session, wanted)
        gives = _given(session, wanted, takes)
    except _UnfitError as error:
        return Tried(trouble=(error.code, error.found))
    return Tried(takes=takes, gives=gives)


class _UnfitError(Exception):
    def __init__(self, code: str, found: str) -> None:
        super().__init__(found)
        self.code, self.found = code, found


def _opened(path: Path) -> onnxruntime.InferenceSession:
    if path.stat().st_size > MAX_BYTES:
        raise _UnfitError("onnx.unreadable", "is larger than 1 GB")
    model = path.read_bytes()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        if not names_other_files(model):
            return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise _UnfitError("onnx.unreadable", f"is no network that can be run ({type(error).__name__})") from error
    raise _UnfitError("onnx.external", "keeps its numbers in another file, which is not read")


def _taken(session: onnxruntime.InferenceSession, wanted: str) -> tuple[int, ...]:
    """The shape of what goes in, without rows."""
    inputs = session.get_inputs()
    if [each.name for each in inputs] != [wanted]:
        said = ", ".join(str(each.name) for each in inputs)[:80]
        raise _UnfitError("onnx.shape", f"takes {said or 'nothing'}, one input named {wanted} is expected")
    shape = tuple(inputs[0].shape[1:])
    if not all(isinstance(size, int) and size > 0 for size in shape) or math.prod(shape) > MAX_ELEMENTS:
        raise _UnfitError("onnx.shape", f"takes {wanted} of shape {inputs[0].shape}; only the first may be open")
    return shape


def _given(session: onnxruntime.InferenceSession, wanted: str, shape: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """The shapes of what comes out, without rows."""
    try:
        said = [np.asarray(out) for out in session.run(None, {wanted: np.zeros((2, *shape), np.float32)})]
    except Exception as error:
        raise _UnfitError("onnx.unreadable", f"cannot be run on nought ({type(error).__name__})") from error
    if any(out.ndim < 2 or len(out) != 2 or out.dtype != np.float32 for out in said):
        raise _UnfitError("onnx.shape", "does not give one row of float32 for each row")
    return tuple(out.shape[1:] for out in said)


def _modality(name: str, path: Path, tried: Tried, described: Mapping[str, Modality]) -> Modality:
    shape = tried.gives[0] if tried.gives else ()
    if len(tried.takes) != 1 or not 1 <= len(shape) <= 3 or math.prod(shape) > MAX_ELEMENTS:
        found = f"draws {shape} from {tried.takes}, not an array of one to three axes from (width,)"
        raise InputError("onnx.shape", where=str(path), found=found, hint=EXPORT)
    if name not in described:
        axes = tuple(Axis(name=axis, size=size) for axis, size in zip(AXES[len(shape)], shape, strict=True))
        return Modality(name=name, label=name, axes=axes, unit="1")
    if described[name].shape != shape:
        found = f"draws {shape}, {DESCRIPTION} says {described[name].shape}"
        raise InputError("onnx.shape", where=str(path), found=found, hint=f"Mend {DESCRIPTION}.")
    return described[name]


def _check_encoder(path: Path, tried: Tried, decoder: Tried) -> None:
    """Four outputs: mean and log-variance, shared and private."""
    sizes = [shape[0] if len(shape) == 1 else -1 for shape in tried.gives]
    fits = len(sizes) == 4 and sizes[0] == sizes[1] and sizes[2] == sizes[3] and sizes[0] + sizes[2] == decoder.takes[0]
    if tried.takes != decoder.gives[0] or not fits:
        found = f"makes {tried.gives} of {tried.takes}, its decoder {decoder.gives[0]} of {decoder.takes}"
        hint = "It must give shared_mean, shared_log_var, private_mean and private_log_var, as its decoder takes them."
        raise InputError("onnx.shape", where=str(path), found=found, hint=hint)


def _described(folder: Path) -> dict[str, Modality]:
    """What the modalities are, where the folder says it: a list as `modalities` of workspace.json."""
    path = folder / DESCRIPTION
    if not path.is_file():
        return {}
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        modalities = [modality_of(row) for row in rows]
        json.dumps([asdict(m) for m in modalities], allow_nan=False)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "Write a list as `modalities` of a workspace.json: name, label, unit, axes."
        found = f"cannot be understood ({type(error).__name__}: {error})"
        raise InputError("onnx.modalities", where=str(path), found=found, hint=hint) from error
    return {m.name: m for m in modalities}
