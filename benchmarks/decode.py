"""One decode takes 6 ms or less on one thread: `OnnxCodec.decode`, beside the same decoder in PyTorch and bare ONNX."""

from collections.abc import Callable
from functools import partial

import numpy as np
import onnxruntime
import torch
from safetensors.torch import load_file

from benchmarks import cohorts
from benchmarks.timing import Claim, claim, in_turns, seconds
from latentspace.codec import OnnxCodec
from latentspace.latent import layout
from latentspace.modality import JOINT, private
from latentspace.run import Run
from latentspace.train.baselines import begun
from latentspace.train.data import Data, load
from latentspace.train.presets import TrainOptions, config_of
from latentspace.vae.model import CrossModalVAE
from latentspace.workspace import Workspace

LIMIT_MS = 6.0
PEERS = ("PyTorch eager, 1 thread", "floor: ONNX Runtime alone")


def measure() -> list[Claim]:
    """One claim for each modality of the digits and of the ECGs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    claims = [one for workspace in (cohorts.digits(), cohorts.ecgs()) for one in _of(workspace)]
    torch.set_num_threads(before)
    return claims


def _of(workspace: Workspace) -> list[Claim]:
    run = workspace.run()
    codec = OnnxCodec(run, workspace.modelled)
    data, model = _trained(workspace, run)
    parts = layout(run.spaces(workspace.modelled))
    z = np.random.default_rng(0).normal(size=(1, max(part.stop for part in parts.values()))).astype(np.float32)
    claims: list[Claim] = []
    for modality in workspace.modelled:
        name = modality.name
        code = np.concatenate([z[:, parts[JOINT]], z[:, parts[private(name)]]], axis=1)
        ours, eager = partial(codec.decode, z, name), _eager(model, data, name, code)
        np.testing.assert_allclose(ours(), eager(), rtol=1e-4, atol=1e-4 * np.abs(ours()).max())
        work = {"ours": ours, PEERS[0]: eager, PEERS[1]: _bare(run, name, code)}
        taken = in_turns({who: partial(seconds, do) for who, do in work.items()}, rounds=200, warm_up=20)
        shape = " x ".join(map(str, modality.shape))
        claims.append(claim(f"decode {modality.label} ({shape})", LIMIT_MS, "ms", taken, PEERS))
    return claims


def _trained(workspace: Workspace, run: Run) -> tuple[Data, CrossModalVAE]:
    """The model of a run with its weights, as `train` had it."""
    options = TrainOptions(preset=run.record["config"]["preset"])
    config = config_of(options)
    data = load(workspace, run.record["split_seed"], config)
    model = begun(data, options, config)
    assert isinstance(model, CrossModalVAE)
    model.load_state_dict(load_file(run.file("weights.safetensors")))
    return data, model.eval()


def _eager(model: CrossModalVAE, data: Data, name: str, code: np.ndarray) -> Callable[[], np.ndarray]:
    decoder, standard, z = model.decoder(name), data.standards[name], torch.from_numpy(code)

    @torch.inference_mode()
    def decode() -> np.ndarray:
        return (decoder(z).unflatten(1, standard.mean.shape) * standard.scale + standard.mean).numpy()

    return decode


def _bare(run: Run, name: str, code: np.ndarray) -> Callable[[], object]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(run.file(f"decoder_{name}.onnx")), options)
    return partial(session.run, None, {"z": code})
