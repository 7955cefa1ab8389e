"""Token encodings as they go over the wire: int8 plain, psmix and hmix, encoded and decoded.

Working on batches of tokens (n, d).  numpy's RandomState is part of the wire format: the C# side
reproduces it.
"""

from __future__ import annotations

import numpy as np

ENCODINGS = ("plain", "hmix")  # those that the shipped figures are of


def quantise(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """int8 with one scale a row: scale = (max|v| + 1e-8)/127, rounded half to even.

    Returns q (n, d) int8 and scale (n, 1) float64.
    """
    values = values.astype(np.float64)
    scale = (np.abs(values).max(axis=1, keepdims=True) + 1e-8) / 127.0
    return np.clip(np.rint(values / scale), -127, 127).astype(np.int8), scale


def walsh_hadamard(values: np.ndarray) -> np.ndarray:
    """Unnormalised fast Walsh-Hadamard transform of the rows; their length is a power of two."""
    rows, length = values.shape
    step = 1
    while step < length:
        pairs = values.reshape(rows, length // (2 * step), 2, step)
        values = np.stack([pairs[:, :, 0] + pairs[:, :, 1], pairs[:, :, 0] - pairs[:, :, 1]], axis=2)
        values = values.reshape(rows, length)
        step *= 2
    return values


def through_wire(tokens: np.ndarray, encoding: str, seed: int = 0) -> np.ndarray:
    """Encodes and decodes tokens (n, d); what a fusion window sees, as float32."""
    d = tokens.shape[1]
    if encoding == "plain":
        q, scale = quantise(tokens)
        return (q * scale).astype(np.float32)
    random = np.random.RandomState(seed)
    if encoding == "psmix":
        order, sign = random.permutation(d), random.randint(0, 2, d) * 2.0 - 1.0
        q, scale = quantise((tokens * sign)[:, order])
        decoded = np.empty(tokens.shape)
        decoded[:, order] = q * scale
        return (decoded * sign).astype(np.float32)
    if encoding != "hmix":
        raise ValueError(f"unknown encoding {encoding}")
    n2 = 1 << max(0, d - 1).bit_length()
    diag = random.randint(0, 2, n2) * 2.0 - 1.0
    padded = np.zeros((len(tokens), n2))
    padded[:, :d] = tokens
    q, scale = quantise(walsh_hadamard(padded * diag)[:, :d])
    padded[:, :d] = q * scale
    padded[:, d:] = 0.0
    return (walsh_hadamard(padded)[:, :d] / n2 * diag[:d]).astype(np.float32)
