"""Makes models/experiments/ of the shipped backbone: tokens of other lengths, and vectors sent as they are.

    /usr/bin/python3 models/training/dimensions.py

Nothing shipped is changed: the backbone is read, PCA and heads are fitted on the same vectors and in
the same way as by train.py, and metrics.json has the figures on the test images.
"""

from __future__ import annotations

import needs  # noqa: F401  (first)

import argparse
import dataclasses
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch

import evaluate
import model_files
import onnx_file
from data import CLASSES, DEFAULT_FOLDER, DataSetMissing, Labelled, read_test, split_training
from encoding import through_wire
from fusion import Head, fit_head
from train import FITTING_NOISE, MODELS, TEST_NOISE
from views import CameraView, load_views

DIMENSIONS = (2, 4, 8, 32, 48, 64)  # d = 16 is the shipped model itself
ENCODINGS = ("plain", "psmix", "hmix")
BACKBONE = "../../backbone.onnx"    # as the models of models/experiments/ name it


def mean_by_k(vectors: torch.Tensor, labels: torch.Tensor, head: Head, views: list[CameraView],
              encoding: str | None) -> dict[str, float]:
    """Mean accuracy over all subsets of K views, of vectors (views, n, d) sent by an encoding, or None for fp32."""
    if encoding is not None:
        sent = [through_wire(z.numpy(), encoding, seed=v.view) for z, v in zip(vectors, views)]
        vectors = torch.from_numpy(np.stack(sent))
    return evaluate.figures(vectors, labels, head, views)["mean_by_k"]


def widened(pca: model_files.Pca, d: int) -> model_files.Pca:
    """The same projection with rows of zeros added up to d."""
    missing = d - len(pca.components)
    return model_files.Pca(pca.mean, np.pad(pca.components, ((0, missing), (0, 0)))) if missing > 0 else pca


def agree(fitted: model_files.Pca, shipped: model_files.Pca) -> bool:
    """Whether the leading components are the shipped ones up to sign."""
    turned = np.abs((fitted.components[:model_files.D] * shipped.components).sum(1))
    return bool(np.all(turned > 0.9999))


def fit_uncentred(vectors: torch.Tensor, labels: torch.Tensor, seed: int) -> Head:
    """A head for vectors that are sent as they are: fitted on centred ones, the mean folded into b.

    Gate: w.(x - mean) differs from w.x by the same number for every view, which a softmax does not see.
    Head: the weights of a fusion add up to 1, so W (z* - mean) + b = W z* + (b - W mean).
    """
    mean = vectors.flatten(0, 1).mean(0)
    head = fit_head(vectors - mean, labels, len(CLASSES), seed)
    return dataclasses.replace(head, b=head.b - head.W @ mean)


def of_tokens(options: argparse.Namespace, model: model_files.Model, views: list[CameraView],
              training: Labelled, test: Labelled) -> dict:
    """Fits and writes the models of tokens; returns their figures, by d."""
    vectors, seen = model.vectors(training, views, FITTING_NOISE), model.vectors(test, views, TEST_NOISE)
    features = vectors.shape[2]
    result = {"d16": {e: mean_by_k(model.pca.tokens(seen), test.labels, model.head, views, e) for e in ENCODINGS}}
    for d in DIMENSIONS:
        pca = widened(model_files.fit_pca(vectors, min(d, features)), d)
        if d >= model_files.D and not agree(pca, model.pca):
            sys.exit(f"d = {d}: the leading components are not the shipped ones: was the backbone trained anew?")
        head = fit_head(pca.tokens(vectors), training.labels, len(CLASSES), options.seed)
        folder = options.out / f"d{d}"
        folder.mkdir(parents=True, exist_ok=True)
        model_files.write(folder, model.mean, model.std, pca, head, name=f"fashion-mnist-views-d{d}", backbone=BACKBONE)
        result[f"d{d}"] = {e: mean_by_k(pca.tokens(seen), test.labels, head, views, e) for e in ENCODINGS}
        print(f"d = {d:2}  {result[f'd{d}']['hmix']}", flush=True)

    result["penultimate"] = of_vectors(options, "penultimate", onnx_file.OUTPUT, model, views,
                                       vectors, training.labels, seen, test.labels)
    return result


def of_vectors(options: argparse.Namespace, name: str, output: str, model: model_files.Model, views: list[CameraView],
               vectors: torch.Tensor, labels: torch.Tensor, seen: torch.Tensor, test_labels: torch.Tensor) -> dict:
    """Fits and writes the model of a vector that is sent as it is; returns its figures."""
    head = fit_uncentred(vectors, labels, options.seed)
    folder = options.out / name
    folder.mkdir(parents=True, exist_ok=True)
    model_files.write(folder, model.mean, model.std, None, head,
                      name=f"fashion-mnist-views-{name}", backbone=BACKBONE, output=output)
    result = {"int8": mean_by_k(seen, test_labels, head, views, "plain"),
              "fp32": mean_by_k(seen, test_labels, head, views, None)}
    print(f"{name}, d = {vectors.shape[2]}  {result}", flush=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT_FOLDER, help="folder of the IDX files (%(default)s)")
    parser.add_argument("--models", type=Path, default=MODELS, help="folder of the shipped model (default: models/)")
    parser.add_argument("--out", type=Path, default=MODELS / "experiments",
                        help="folder to write, two below the backbone's own (default: models/experiments/)")
    parser.add_argument("--seed", type=int, default=json.loads((MODELS / "metrics.json").read_text())["seed"],
                        help="of the split and the fits (default: the shipped model's)")
    options = parser.parse_args()
    started = time.monotonic()
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    views = load_views(options.models / "views.json")
    model = model_files.read(options.models)
    training, _ = split_training(options.data, options.seed)
    test = read_test(options.data)
    metrics = {"images": len(test), "seed": options.seed, "mean_by_k": of_tokens(options, model, views, training, test)}

    to_map = onnx_file.OnnxBackbone(options.models / "backbone.onnx", onnx_file.FEATURE_MAP)
    maps = dataclasses.replace(model, backbone=to_map)
    vectors = maps.vectors(training, views, FITTING_NOISE)
    seen = maps.vectors(test, views, TEST_NOISE)
    metrics["mean_by_k"]["feature-map"] = of_vectors(
        options, "feature-map", onnx_file.FEATURE_MAP, model, views, vectors, training.labels, seen, test.labels)
    model_files.write_json(options.out / "metrics.json", metrics)
    print(f"{(time.monotonic() - started) / 60:.1f} minutes; wrote {options.out}")


if __name__ == "__main__":
    try:
        main()
    except DataSetMissing as missing:
        sys.exit(str(missing))
