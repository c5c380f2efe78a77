"""ONNX Runtime behind numpy: encode recordings into every space, decode codes; any model that exports both fits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import numpy as np
import onnxruntime
from jaxtyping import Float32, Shaped
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf, NoModel

from latentspace.errors import InputError
from latentspace.latent import PosteriorArray, fuse, layout
from latentspace.modality import JOINT, Modality, Space, private
from latentspace.run import Run, explained

DAMAGED = (Fail, InvalidGraph, InvalidProtobuf, NoModel)
BATCH = 32  # recordings decoded at once


@dataclass(frozen=True, slots=True)
class OnnxCodec:
    """The encoders and decoders of a run, one thread each; a session is made when it is first needed."""

    run: Run
    modalities: tuple[Modality, ...]
    _sessions: dict[str, onnxruntime.InferenceSession] = field(default_factory=dict[str, onnxruntime.InferenceSession])
    _layout: dict[str, slice] = field(default_factory=dict[str, slice])
    _lock: Lock = field(default_factory=Lock)

    def encode(self, recordings: Mapping[str, Shaped[np.ndarray, "n ..."]]) -> dict[str, PosteriorArray]:
        """Posteriors from any subset of the modalities, same rows each; a recording with NaN counts as missing.

        Returns:
            For every modality given its shared space and its private space, and `joint`, their product. The private
            posterior is that given the mean of `joint`: what other modalities add to the shared code is taken back
            there, so that the full code still draws the recording.

        Raises:
            InputError: no recordings, an unknown modality, another shape, or rows that do not match.
        """
        self._check(recordings)
        spaces: dict[str, PosteriorArray] = {}
        for name, values in recordings.items():
            spaces[name], spaces[private(name)] = self._encode(name, values)
        joint = fuse([spaces[name] for name in recordings])
        for name in recordings if len(recordings) > 1 else ():
            own, said = spaces[private(name)], spaces[name]
            if own.mean.shape[1] and self.run.has(explained(name)):
                moved = self._explained(name, said.mean) - self._explained(name, joint.mean)
                spaces[private(name)] = PosteriorArray(own.mean + moved, own.log_var)
        return {JOINT: joint, **spaces}

    def decode(self, z: Float32[np.ndarray, "..."], modality: str) -> Shaped[np.ndarray, "n ..."]:
        """Recordings of one modality, in its unit and dtype, from full codes `z = [joint | private of each modality]`.

        Raises:
            InputError: another number of latents, or an unknown modality.
        """
        parts = self._parts()
        own = parts.get(private(modality))
        n_latent = max(part.stop for part in parts.values())
        if own is None or z.ndim != 2 or z.shape[1] != n_latent:
            raise _wrong(f"decode to {modality!r}", f"codes of shape {z.shape}", f"(n, {n_latent}) and a modality")
        code = np.concatenate([z[:, parts[JOINT]], z[:, own]], axis=1, dtype=np.float32)
        drawn = np.asarray(self._session(f"decoder_{modality}.onnx").run(None, {"z": code})[0])
        return next(m for m in self.modalities if m.name == modality).stored(drawn)

    def _encode(self, name: str, values: np.ndarray) -> tuple[PosteriorArray, PosteriorArray]:
        has = np.isfinite(values).all(axis=tuple(range(1, values.ndim)))
        inputs = {"recordings": np.ascontiguousarray(values[has], dtype=np.float32)}
        said = self._session(f"encoder_{name}.onnx").run(None, inputs)
        whole: list[np.ndarray] = []
        for part in map(np.asarray, said):
            rows = np.full((len(values), part.shape[1]), np.nan, np.float32)
            rows[has] = part
            whole.append(rows)
        return PosteriorArray(whole[0], whole[1]), PosteriorArray(whole[2], whole[3])

    def _explained(self, name: str, z: np.ndarray) -> np.ndarray:
        return np.asarray(self._session(explained(name)).run(None, {"z": z})[0])

    def _parts(self) -> dict[str, slice]:
        if not self._layout:
            self._layout.update(layout(self.run.spaces(self.modalities)))
        return self._layout

    def _session(self, artifact: str) -> onnxruntime.InferenceSession:
        with self._lock:
            if artifact not in self._sessions:
                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = options.inter_op_num_threads = 1
                options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
                self._sessions[artifact] = _open(self.run.file(artifact), options)
            return self._sessions[artifact]

    def _check(self, recordings: Mapping[str, np.ndarray]) -> None:
        shapes = {m.name: m.shape for m in self.modalities if m.role == "modelled"}
        rows = {len(values) for values in recordings.values()}
        if len(rows) != 1:
            raise _wrong("encode", f"recordings with {sorted(rows)} rows", "at least one modality, same rows each")
        for name, values in recordings.items():
            if values.shape[1:] != shapes.get(name):
                raise _wrong(f"encode {name!r}", f"shape {values.shape}", f"one of (n, *shape) with {shapes}")


@dataclass(frozen=True, slots=True)
class Decoder:
    """Full codes in, flattened recordings out, in batches."""

    codec: OnnxCodec
    spaces: tuple[Space, ...]

    def decode(
        self,
        shared: Float32[np.ndarray, "n shared"],
        private_code: Float32[np.ndarray, "n private"] | None,
        modality: str,
    ) -> Shaped[np.ndarray, "n elements"]:
        """One modality, in its dtype, from shared codes and that modality's private ones (None: its prior mean)."""
        parts = layout(self.spaces)
        z = np.zeros((len(shared), max(p.stop for p in parts.values())), np.float32)
        z[:, parts[JOINT]] = shared
        if private_code is not None:
            z[:, parts[private(modality)]] = private_code
        batches = [self.codec.decode(z[i : i + BATCH], modality) for i in range(0, len(z), BATCH)]
        return np.concatenate(batches).reshape(len(z), -1)


def _open(path: Path, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except DAMAGED as error:
        raise InputError(
            "run.unreadable",
            where=str(path),
            found=f"is no network that can be run ({type(error).__name__})",
            hint="Run `latentspace verify`, or train again.",
        ) from error


def _wrong(where: str, found: str, expected: str) -> InputError:
    return InputError("codec.shape", where=where, found=found, hint=f"Give {expected}.")
