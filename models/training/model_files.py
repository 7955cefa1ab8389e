"""The files of a model as the silo reads them: model.json, pca.npz, head.npz beside backbone.onnx."""

from __future__ import annotations

import base64
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np
import torch

import onnx_file
from backbone import normalised
from data import CLASSES, Labelled
from fusion import Head, logits
from views import SIDE, CameraView, compile_transform, render

D = 16                 # d, the length of a token
REFERENCE_IMAGES = 4   # sample images in reference.json
CHUNK = 1_000          # images rendered and run at a time, which bounds the memory
NORM_MARGIN = 2        # a head's max_norm over the longest token that it was fitted on

Run = Callable[[torch.Tensor], torch.Tensor]  # a backbone: (n, 1, 28, 28) to penultimate vectors (n, F)


@dataclass(frozen=True)
class Pca:
    """token = components @ (x - mean); mean (F,), components (d, F) with orthonormal rows."""

    mean: np.ndarray
    components: np.ndarray

    def tokens(self, vectors: torch.Tensor) -> torch.Tensor:
        """Penultimate vectors (..., F) to tokens (..., d)."""
        return (vectors - torch.from_numpy(self.mean)) @ torch.from_numpy(self.components).T


@dataclass(frozen=True)
class Model:
    """The shipped model: everything between a frame and a decision."""

    backbone: Run
    mean: float
    std: float
    pca: Pca
    head: Head
    max_norm: float  # infinite where the head states none

    def vectors(self, data: Labelled, views: list[CameraView], seed: int = 0) -> torch.Tensor:
        """Penultimate vectors (views, n, F) of every image seen by every view.

        The noise of a view is drawn with its seed in views.json plus `seed`.
        """
        return penultimate(self.backbone, self.mean, self.std, data, views, seed)


def penultimate(backbone: Run, mean: float, std: float, data: Labelled, views: list[CameraView],
                seed: int) -> torch.Tensor:
    """See Model.vectors."""
    result = []
    with torch.no_grad():
        for view in views:
            noise = torch.Generator().manual_seed(view.transform.seed + seed)
            sampler = compile_transform(view.transform)
            result.append(torch.cat([backbone(normalised(render(images, sampler, noise), mean, std))
                                     for images in data.images.split(CHUNK)]))
    return torch.stack(result)


def fit_pca(vectors: torch.Tensor, d: int = D) -> Pca:
    """The d leading principal components of vectors (views, n, F), every view weighing the same."""
    flat = vectors.flatten(0, 1).numpy().astype(np.float64)
    mean = flat.mean(0)
    _, directions = np.linalg.eigh(np.cov(flat - mean, rowvar=False))
    components = directions[:, ::-1][:, :d].T
    # A component's sign is arbitrary: let its largest entry be positive, so that reruns agree.
    largest = np.abs(components).argmax(1)
    components = components * np.sign(components[np.arange(d), largest])[:, None]
    return Pca(mean.astype(np.float32), np.ascontiguousarray(components, dtype=np.float32))


def longest(tokens: torch.Tensor) -> float:
    """The Euclidean norm of the longest of tokens (views, n, d)."""
    return torch.linalg.vector_norm(tokens, dim=-1).max().item()


def write(folder: Path, mean: float, std: float, pca: Pca | None, head: Head, name: str = "fashion-mnist-views",
          backbone: str = "backbone.onnx", output: str = onnx_file.OUTPUT, max_norm: float | None = None) -> None:
    """Writes model.json, pca.npz and head.npz (backbone.onnx is written by onnx_file.export).

    Without a PCA the backbone's output is sent as it is.  Without max_norm the head takes tokens of any length.
    """
    description = {
        "name": name,
        "backbone": backbone,
        "input": {"name": onnx_file.INPUT, "width": SIDE, "height": SIDE, "channels": 1, "layout": "NCHW",
                  "scale": 1 / 255, "mean": [mean], "std": [std]},
        "output": output,
        **({} if pca is None else {"pca": "pca.npz"}),
        "head": "head.npz",
        "classes": CLASSES,
    }
    write_json(folder / "model.json", description)
    if pca is not None:
        np.savez(folder / "pca.npz", mean=pca.mean, components=pca.components)
    np.savez(folder / "head.npz", W=head.W.numpy(), b=head.b.numpy(), w=head.w.numpy(),
             gamma=np.zeros(1, np.float32), beta=np.ones(1, np.float32),
             **({} if max_norm is None else {"max_norm": np.full(1, max_norm, np.float32)}))


def read(folder: Path) -> Model:
    """Reads a model back from its files."""
    description = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    pca, head = np.load(folder / description["pca"]), np.load(folder / description["head"])
    return Model(
        onnx_file.OnnxBackbone(folder / description["backbone"]),
        description["input"]["mean"][0], description["input"]["std"][0],
        Pca(pca["mean"], pca["components"]),
        Head(*(torch.from_numpy(head[name]) for name in ("W", "b", "w"))),
        head["max_norm"].item() if "max_norm" in head else math.inf)


def write_reference(path: Path, model: Model, sample: Labelled, views: list[CameraView]) -> None:
    """Writes what another implementation should get for the first sample images, without noise.

    A frame may differ by 1 in a few pixels where a value lies between two bytes.
    """
    first = sample.take(slice(0, REFERENCE_IMAGES))
    frames = torch.stack([render(first.images, compile_transform(v.transform), None) for v in views])
    with torch.no_grad():
        x = torch.stack([model.backbone(normalised(f, model.mean, model.std)) for f in frames])
    tokens = model.pca.tokens(x)
    fused = logits(tokens, torch.ones(tokens.shape[:2], dtype=torch.bool), model.head)
    images = [{
        "image": i,
        "label": int(first.labels[i]),
        "views": [{
            "view": view.view,
            "frame": base64.b64encode(frames[v, i].numpy().astype(np.uint8).tobytes()).decode(),
            "token": [round(float(value), 5) for value in tokens[v, i]],
        } for v, view in enumerate(views)],
        "logits": [round(float(value), 5) for value in fused[i]],
        "pred": int(fused[i].argmax()),
    } for i in range(len(first))]
    write_json(path, {"noise": 0, "fused": "the tokens of all views, not encoded", "images": images})


def write_json(path: Path, value: object) -> None:
    """Indented, one line for each innermost list."""
    text = json.dumps(value, indent=2)
    path.write_text(_join_number_lists(text) + "\n", encoding="utf-8")


def _join_number_lists(text: str) -> str:
    """Puts lists of numbers, which json.dumps spreads over many lines, on one."""
    return re.sub(r"\[\s+([-\d.e+,\s]+?)\s+\]", lambda m: "[" + re.sub(r"\s+", " ", m[1]) + "]", text)
