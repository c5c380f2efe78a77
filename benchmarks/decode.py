"""One decode on one thread: beside PyTorch, the published decoder, and what its weights cost at least."""

import dataclasses
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial

import numpy as np
import onnxruntime
import torch
from safetensors.torch import load_file

from benchmarks import cohorts
from benchmarks.crowd import hearts
from benchmarks.timing import Claim, Effort, claim, in_turns, seconds, valued
from latentspace.codec import OnnxCodec
from latentspace.latent import layout
from latentspace.modality import JOINT, Modality, private
from latentspace.run import Run
from latentspace.train import dropfuse
from latentspace.train.baselines import begun, configured
from latentspace.train.data import Data, load
from latentspace.train.presets import TrainOptions
from latentspace.vae.dropfuse import Design, DropFuse, Form
from latentspace.vae.export import RawDecoder
from latentspace.vae.model import CrossModalVAE
from latentspace.workspace import Workspace

LIMIT_MS, OVER_FLOOR, SIDE = 6.0, 2.0, 1024
EAGER, BARE = "PyTorch eager, 1 thread", "floor: ONNX Runtime alone"
READ, GEMM = "floor: every weight read once (a matrix by a vector)", "floor: as many operations in a matrix product"
PUBLISHED = "the published decoder (DropFuse), ONNX Runtime"
IN_POSE = (
    "Half of a cine's time is the weights, a third is the bicubic GridSample of ONNX Runtime that puts the heart back "
    "where it lay (3 to 4.8 ms). Tried, and no faster: sixteen gathers and a product (4.3 to 5.0 ms), gathers of four "
    "neighbours in a row (3.4 ms beside 3.1), one neighbour after another (5.9 ms)."
)
BY_FLOPS = (
    "One code at a time reads each weight for two operations, so memory is the bound, not arithmetic: see the row "
    "above. The operations alone would be a bound for dozens of codes at once."
)


def measure(effort: Effort) -> list[Claim]:
    """One claim for each modality of the digits and of the simulated hearts; of these also against the floors."""
    return [claim for workspace in (cohorts.digits(), hearts(effort)) for claim in _of(workspace, effort)]


def _of(workspace: Workspace, effort: Effort) -> list[Claim]:
    data, model = _trained(workspace, workspace.run())
    with _one_thread():
        return _measured(workspace, data, model, effort)


@contextmanager
def _one_thread() -> Generator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _measured(workspace: Workspace, data: Data, model: CrossModalVAE, effort: Effort) -> list[Claim]:
    run = workspace.run()
    codec = OnnxCodec(run, workspace.modelled)
    parts = layout(run.spaces(workspace.modelled))
    z = np.random.default_rng(0).normal(size=(1, max(part.stop for part in parts.values()))).astype(np.float32)
    claims: list[Claim] = []
    for modality in workspace.modelled:
        name = modality.name
        code = np.concatenate([z[:, parts[JOINT]], z[:, parts[private(name)]]], axis=1)
        ours, eager = partial(codec.decode, z, name), _eager(model, data, name, code)
        if data.standards[name].compression is None:  # else a basis that was fitted anew may be turned
            np.testing.assert_allclose(ours(), eager(), rtol=1e-4, atol=1e-4 * float(np.abs(ours()).max()))
        bare = _bare(run.file(f"decoder_{name}.onnx").read_bytes(), code)
        work: dict[str, Callable[[], object]] = {"ours": ours, EAGER: eager, BARE: bare}
        if modality.is_cine:
            work |= _beside_a_cine(modality, _weights(model, data, name))
        timers = {who: partial(seconds, do) for who, do in work.items()}
        taken = in_turns(timers, rounds=effort.rounds(150), warm_up=10)
        text = f"decode {modality.label} ({' x '.join(map(str, modality.shape))})"
        claims.append(dataclasses.replace(claim(text, LIMIT_MS, "ms", taken, tuple(work)[1:]), why=IN_POSE))
        if modality.is_cine:
            claims += _over_floors(text, dict(zip(work, taken.T, strict=True)))
    return claims


def _over_floors(text: str, taken: dict[str, np.ndarray]) -> list[Claim]:
    """How many times the floors: what reading the weights takes, and what the operations alone would take."""
    read, operations = taken["ours"] / np.maximum(taken[READ], taken[GEMM]), taken["ours"] / taken[GEMM]
    alone = valued(f"{text} over its operations alone", OVER_FLOOR, "times", operations[:, None], ())
    over = valued(f"{text} over its floor (weights or operations)", OVER_FLOOR, "times", read[:, None], ())
    return [
        dataclasses.replace(over, why=IN_POSE),
        dataclasses.replace(alone, why=BY_FLOPS),
    ]


def _trained(workspace: Workspace, run: Run) -> tuple[Data, CrossModalVAE]:
    """The model of a run with its weights, as `train` had it."""
    options = TrainOptions(preset=run.record["config"]["preset"])
    config = configured(options, workspace.modelled)
    data = load(workspace, run.record["split_seed"], config)
    model = begun(data, options, config)
    assert isinstance(model, CrossModalVAE)
    kept = {name: v for name, v in load_file(run.file("weights.safetensors")).items() if not name.startswith("front.")}
    model.load_state_dict(kept)
    return data, model.eval()


def _eager(model: CrossModalVAE, data: Data, name: str, code: np.ndarray) -> Callable[[], np.ndarray]:
    whole, z = RawDecoder(model.decoder(name), data.standards[name]).eval(), torch.from_numpy(code)

    @torch.inference_mode()
    def decode() -> np.ndarray:
        return whole(z).numpy()

    return decode


def _weights(model: CrossModalVAE, data: Data, name: str) -> int:
    whole = RawDecoder(model.decoder(name), data.standards[name])
    return sum(v.numel() for v in whole.state_dict().values() if v.ndim > 1)


def _beside_a_cine(modality: Modality, weights: int) -> dict[str, Callable[[], object]]:
    """What the decoder's weights and operations cost at least, and the published decoder of the same cine."""
    rows = weights // SIDE
    matrix, vector, square = torch.rand(rows, SIDE), torch.rand(SIDE), torch.rand(SIDE, max(1, rows // SIDE))
    wide = torch.rand(max(1, rows // SIDE), SIDE)  # together 2 x weights operations, as one code by all weights
    forms = {m.name: Form(shape=m.shape, mean=0.0, scale=1.0) for m in (modality,)}
    published = DropFuse(forms, Design(), torch.Generator().manual_seed(0))
    code = np.random.default_rng(0).normal(size=(1, Design().code)).astype(np.float32)
    return {
        READ: partial(torch.mv, matrix, vector),
        GEMM: partial(torch.mm, square, wide),
        PUBLISHED: _bare(dropfuse.exports(published, modality.name)[1], code),
    }


def _bare(network: bytes, code: np.ndarray) -> Callable[[], object]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(network, options)
    return partial(session.run, None, {"z": code})
