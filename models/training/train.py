"""Trains the shipped model: reads the data set and models/views.json, writes everything else in models/.

    /usr/bin/python3 models/training/train.py

Backbone -> PCA -> gate and head -> export -> figures of the exported files.  Choices were made on
the validation images; the test images are read once, at the end.
"""

from __future__ import annotations

import needs  # noqa: F401  (first)

import argparse
import os
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch

import evaluate
import model_files
import onnx_file
from backbone import FEATURES, pixel_statistics, train_backbone
from data import CLASSES, DEFAULT_FOLDER, DataSetMissing, Labelled, SAMPLE, read_test, split_training, write_sample
from fusion import Head, fit_head
from views import CameraView, compile_transform, load_views

MODELS = Path(__file__).resolve().parent.parent

# Seeds added to those of the views, so that no two sets of frames share their noise.
FITTING_NOISE, VALIDATION_NOISE, TEST_NOISE = 1_000, 2_000, 0



@dataclass(frozen=True)
class Fitted:
    """What the figures need beyond the model's files: the tokens (views, n, d) and labels that heads are
    fitted on, and the yardstick, a head fitted the same way on whole penultimate vectors."""

    tokens: torch.Tensor
    labels: torch.Tensor
    yardstick: Head
    seed: int


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tuning", action="store_true",
                        help="stop after the validation figures: the test images are not read, no figures written")
    parser.add_argument("--data", type=Path, default=DEFAULT_FOLDER, help="folder of the IDX files (%(default)s)")
    parser.add_argument("--out", type=Path, default=MODELS, help="folder to write (default: models/)")
    parser.add_argument("--epochs", type=int, default=8, help="of the backbone (%(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="(%(default)s)")
    parser.add_argument("--threads", type=int, default=1,
                        help="of PyTorch; results are repeated exactly only with the same number (%(default)s)")
    return parser.parse_args()


def make_model(training: Labelled, views: list[CameraView], options: argparse.Namespace) -> Fitted:
    """Trains, fits and writes the model."""
    samplers = [compile_transform(v.transform) for v in views]
    mean, std = pixel_statistics(training.images[:5_000], samplers, options.seed)
    print(f"backbone: {options.epochs} epochs of {len(training)} images", flush=True)
    backbone = train_backbone(training, samplers, mean, std, options.epochs, options.seed)
    onnx_file.export(backbone, options.out / "backbone.onnx")

    print("PCA, gate and head", flush=True)
    shipped = onnx_file.OnnxBackbone(options.out / "backbone.onnx")
    vectors = model_files.penultimate(shipped, mean, std, training, views, FITTING_NOISE)
    pca = model_files.fit_pca(vectors)
    tokens = pca.tokens(vectors)
    head = fit_head(tokens, training.labels, len(CLASSES), options.seed)
    model_files.write(options.out, mean, std, pca, head, max_norm=model_files.NORM_MARGIN * model_files.longest(tokens))

    # Centred like the tokens: the yardstick differs from the shipped head in nothing but the projection.
    yardstick = fit_head(vectors - torch.from_numpy(pca.mean), training.labels, len(CLASSES), options.seed)
    return Fitted(tokens, training.labels, yardstick, options.seed)


def judge(name: str, data: Labelled, noise: int, model: model_files.Model, views: list[CameraView],
          fitted: Fitted) -> dict:
    """All figures on one set of images."""
    vectors = model.vectors(data, views, noise)
    tokens = model.pca.tokens(vectors)
    result = {
        "images": len(data),
        "tokens": evaluate.token_figures(tokens, data.labels, model.head, views),
        "fp32_penultimate": evaluate.figures(
            vectors - torch.from_numpy(model.pca.mean), data.labels, fitted.yardstick, views),
        "alone_with_own_head": evaluate.alone_with_own_head(
            fitted.tokens, fitted.labels, tokens, data.labels, len(CLASSES), fitted.seed, views),
    }
    result["bars"] = evaluate.bars(result["tokens"], result["fp32_penultimate"], result["alone_with_own_head"])
    print(f"{name}, {len(data)} images")
    for encoding, f in result["tokens"].items():
        evaluate.print_figures(f"tokens {encoding}", f)
    evaluate.print_figures("fp32 penultimate", result["fp32_penultimate"])
    print(f"  alone, own head    {result['alone_with_own_head']}\n  bars               {result['bars']}", flush=True)
    return result


def train(options: argparse.Namespace) -> None:
    """The whole command."""
    started = time.monotonic()
    versions = {"python": platform.python_version(), "torch": torch.__version__,
                "numpy": np.__version__, "onnx": onnx.__version__}
    print(f"versions {versions}  seed {options.seed}  threads {options.threads}")
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)

    options.out.mkdir(parents=True, exist_ok=True)
    views = load_views(MODELS / "views.json")
    training, validation = split_training(options.data, options.seed)
    fitted = make_model(training, views, options)
    minutes = (time.monotonic() - started) / 60

    model = model_files.read(options.out)
    common = (model, views, fitted)
    validated = judge("validation", validation, VALIDATION_NOISE, *common)
    if options.tuning:
        return
    test = read_test(options.data)
    write_sample(test, options.out / "sample")
    metrics = {
        "versions": versions,
        "seed": options.seed, "epochs": options.epochs, "threads": options.threads,
        "cpus": os.cpu_count(), "minutes_of_training": round(minutes, 1),
        "penultimate_dimension": FEATURES, "token_dimension": model_files.D,
        "pca_variance_kept": round(variance_kept(model, training, views), 4),
        "validation": validated,
        "test": judge("test", test, TEST_NOISE, *common),
        "sample": judge("sample", test.take(slice(0, SAMPLE)), TEST_NOISE, *common),
    }
    model_files.write_json(options.out / "metrics.json", metrics)
    model_files.write_reference(options.out / "reference.json", model, test, views)
    print(f"{minutes:.1f} minutes of training, {(time.monotonic() - started) / 60:.1f} in all; wrote {options.out}")
    if not metrics["test"]["bars"]["met"]:
        sys.exit("a bar was missed on the test images")


def variance_kept(model: model_files.Model, data: Labelled, views: list[CameraView]) -> float:
    """Part of the variance of penultimate vectors that is left in the tokens."""
    vectors = model.vectors(data.take(slice(0, 5_000)), views, FITTING_NOISE).flatten(0, 1)
    return (model.pca.tokens(vectors).var(0).sum() / vectors.var(0).sum()).item()


if __name__ == "__main__":
    try:
        train(arguments())
    except DataSetMissing as missing:
        sys.exit(str(missing))
