"""The data set: Fashion-MNIST as Debian packages it (IDX files, gzip'ed)."""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

DEFAULT_FOLDER = Path("/usr/share/datasets/fashion-mnist")
LICENCE = Path("/usr/share/doc/dataset-fashion-mnist/copyright")
CLASSES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
           "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
VALIDATION = 5_000  # images held out of the 60,000 training images
SAMPLE = 2_000      # test images shipped with the model


class DataSetMissing(Exception):
    """The data set's files are not where they were looked for."""


@dataclass(frozen=True)
class Labelled:
    """images: (n, 784) float32 in 0..255; labels: (n,) int64 in 0..9."""

    images: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: torch.Tensor | slice) -> "Labelled":
        """The given rows, in the given order."""
        return Labelled(self.images[rows], self.labels[rows])


def read_idx(path: Path) -> np.ndarray:
    """Reads an IDX file of unsigned bytes, gzip'ed or plain."""
    raw = path.read_bytes()
    if path.suffix == ".gz":
        raw = gzip.decompress(raw)
    if raw[:3] != b"\x00\x00\x08":
        raise ValueError(f"{path}: not an IDX file of bytes")
    rank = raw[3]
    shape = struct.unpack(f">{rank}I", raw[4:4 + 4 * rank])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape)


def write_idx(path: Path, array: np.ndarray) -> None:
    """Writes bytes as gzip'ed IDX; without a time stamp, so that a rerun gives the same file."""
    header = b"\x00\x00\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes(), compresslevel=9, mtime=0))


def read_labelled(folder: Path, prefix: str) -> Labelled:
    """Reads `<prefix>images-idx3-ubyte.gz` and `<prefix>labels-idx1-ubyte.gz`."""
    try:
        images = read_idx(folder / f"{prefix}images-idx3-ubyte.gz")
        labels = read_idx(folder / f"{prefix}labels-idx1-ubyte.gz")
    except FileNotFoundError as missing:
        raise DataSetMissing(
            f"{missing.filename} not found: apt install dataset-fashion-mnist (or see --data)") from None
    return Labelled(torch.from_numpy(images.reshape(len(images), -1).astype(np.float32)),
                    torch.from_numpy(labels.astype(np.int64)))


def split_training(folder: Path, seed: int) -> tuple[Labelled, Labelled]:
    """Splits the 60,000 training images at random into training and validation."""
    everything = read_labelled(folder, "train-")
    order = torch.randperm(len(everything), generator=torch.Generator().manual_seed(seed))
    return everything.take(order[VALIDATION:]), everything.take(order[:VALIDATION])


def read_test(folder: Path) -> Labelled:
    """The 10,000 test images, in the data set's order."""
    return read_labelled(folder, "t10k-")


def write_sample(test: Labelled, folder: Path) -> None:
    """Writes the first SAMPLE test images, their labels and the data set's licence."""
    folder.mkdir(parents=True, exist_ok=True)
    images = test.images[:SAMPLE].numpy().astype(np.uint8).reshape(-1, 28, 28)
    write_idx(folder / "images-idx3-ubyte.gz", images)
    write_idx(folder / "labels-idx1-ubyte.gz", test.labels[:SAMPLE].numpy().astype(np.uint8))
    if LICENCE.exists():
        note = (f"The images and labels in this folder are the first {SAMPLE} of the 10,000 test images of\n"
                "Fashion-MNIST by Zalando SE (Han Xiao, Kashif Rasul, Roland Vollgraf), under the MIT\n"
                "(Expat) licence. Its text, as distributed by Debian with dataset-fashion-mnist:\n\n")
        (folder / "LICENSE").write_text(note + LICENCE.read_text(encoding="utf-8"), encoding="utf-8")
