"""Evaluates the shipped model without training, and compares it with models/metrics.json.

    /usr/bin/python3 models/training/check.py            the 10,000 test images, if installed
    /usr/bin/python3 models/training/check.py --sample   the 2,000 images in models/sample

backbone.onnx is run by ONNX Runtime if Python has it, else by PyTorch (onnx_file.py).
"""

from __future__ import annotations

import needs  # noqa: F401  (first)

import argparse
import dataclasses
import json
import sys
from pathlib import Path

import torch

import evaluate
import model_files
import onnx_file
from data import DEFAULT_FOLDER, DataSetMissing, read_labelled, read_test
from views import load_views

MODELS = Path(__file__).resolve().parent.parent
TOLERANCE = 0.005  # as a fraction: another library version may draw other noise


def with_onnx_runtime(model: model_files.Model, folder: Path) -> model_files.Model:
    """The same model on ONNX Runtime, or unchanged if Python does not have it."""
    try:
        import onnxruntime
    except ImportError:
        print("no onnxruntime for Python: backbone.onnx is run by PyTorch")
        return model
    session = onnxruntime.InferenceSession(str(folder / "backbone.onnx"), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(frames: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(session.run([onnx_file.OUTPUT], {name: frames.numpy()})[0])

    return dataclasses.replace(model, backbone=run)


def check(folder: Path, data_folder: Path, sample: bool) -> bool:
    """Prints the figures; says whether all of them agree with metrics.json, and whether the head takes every token."""
    torch.set_num_threads(1)
    model = with_onnx_runtime(model_files.read(folder), folder)
    views = load_views(folder / "views.json")
    data = read_labelled(folder / "sample", "") if sample else read_test(data_folder)
    expected = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["sample" if sample else "test"]

    tokens = model.pca.tokens(model.vectors(data, views))
    found = evaluate.token_figures(tokens, data.labels, model.head, views)
    print(f"{len(data)} images")
    worst = 0.0
    for encoding, f in found.items():
        evaluate.print_figures(f"tokens {encoding}", f)
        written = expected["tokens"][encoding]
        differences = [abs(f[part][key] - written[part][key]) for part in f for key in f[part]]
        worst = max(worst, *differences)
    print(f"largest difference from metrics.json: {worst:.4f} (allowed {TOLERANCE})")
    longest = model_files.longest(tokens)
    print(f"longest token: {longest:.2f} (allowed by head.npz: {model.max_norm:.2f})")
    return worst <= TOLERANCE and longest <= model.max_norm


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", action="store_true", help="use the shipped sample, which needs no data set")
    parser.add_argument("--data", type=Path, default=DEFAULT_FOLDER, help="folder of the IDX files (%(default)s)")
    parser.add_argument("--models", type=Path, default=MODELS, help="folder of the model (default: models/)")
    options = parser.parse_args()
    try:
        agrees = check(options.models, options.data, options.sample)
    except DataSetMissing as missing:
        sys.exit(f"{missing}; or use --sample")
    sys.exit(0 if agrees else "the figures differ from metrics.json, or a token is longer than the head allows")


if __name__ == "__main__":
    main()
