"""The figures: accuracy of decisions for every subset of the views, and the two bars."""

from __future__ import annotations

import numpy as np
import torch

from encoding import ENCODINGS, through_wire
from fusion import Head, accuracy_by_subset, fit_head
from views import CameraView

BAR_K = 3
GAIN_BAR = 5.0  # points by which BAR_K fused tokens must beat the best single view
LOSS_BAR = 2.0  # points that they may lose to BAR_K fused fp32 penultimate vectors


def figures(vectors: torch.Tensor, labels: torch.Tensor, head: Head, views: list[CameraView]) -> dict:
    """Accuracy by subset of views, and its mean by K over all subsets of K views; as fractions.

    vectors: (views, n, d), tokens or penultimate vectors; head: the one head for every subset.
    """
    by_subset = accuracy_by_subset(vectors, labels, head)
    by_k = {k: [a for subset, a in by_subset.items() if len(subset) == k] for k in range(1, len(views) + 1)}
    return {
        "mean_by_k": {str(k): round(float(np.mean(a)), 4) for k, a in by_k.items()},
        "by_views": {"+".join(views[i].camera for i in subset): round(a, 4) for subset, a in by_subset.items()},
    }


def token_figures(tokens: torch.Tensor, labels: torch.Tensor, head: Head, views: list[CameraView]) -> dict:
    """The figures of tokens (views, n, d) as fp32 and after each encoding."""
    result = {"fp32": figures(tokens, labels, head, views)}
    for encoding in ENCODINGS:
        # The seed is the view number: on the wire each camera has its own.
        decoded = [through_wire(z.numpy(), encoding, seed=v.view) for z, v in zip(tokens, views)]
        result[encoding] = figures(torch.from_numpy(np.stack(decoded)), labels, head, views)
    return result


def alone_with_own_head(fit_on: torch.Tensor, fit_labels: torch.Tensor, tokens: torch.Tensor, labels: torch.Tensor,
                        classes: int, seed: int, views: list[CameraView]) -> dict[str, float]:
    """Each view alone with a head fitted to it alone: the best that single tokens can do (encoding plain)."""
    result = {}
    for i, view in enumerate(views):
        head = fit_head(fit_on[i:i + 1], fit_labels, classes, seed)
        decoded = torch.from_numpy(through_wire(tokens[i].numpy(), "plain"))
        hits = (decoded @ head.W.T + head.b).argmax(1) == labels
        result[view.camera] = round(hits.float().mean().item(), 4)
    return result


def bars(tokens: dict, penultimate: dict, own_head: dict[str, float]) -> dict:
    """Both bars in points, each for the encoding that does worse.

    tokens: of token_figures; penultimate: of figures; own_head: of alone_with_own_head.
    """
    def at_bar(f: dict) -> float:
        return f["mean_by_k"][str(BAR_K)]

    def best_alone(f: dict) -> float:
        return max(a for name, a in f["by_views"].items() if "+" not in name)

    gain = min(at_bar(tokens[e]) - best_alone(tokens[e]) for e in ENCODINGS) * 100
    own_gain = min(at_bar(tokens[e]) for e in ENCODINGS) * 100 - max(own_head.values()) * 100
    loss = max(at_bar(penultimate) - at_bar(tokens[e]) for e in ENCODINGS) * 100
    return {
        "k": BAR_K,
        "gain_over_best_view": round(gain, 2),
        "gain_bar": GAIN_BAR,
        "gain_over_best_view_with_its_own_head": round(own_gain, 2),
        "loss_to_fp32_penultimate": round(loss, 2),
        "loss_bar": LOSS_BAR,
        "met": bool(gain >= GAIN_BAR and loss <= LOSS_BAR),
    }


def print_figures(title: str, f: dict) -> None:
    """One line: single views, then the mean by K."""
    alone = "  ".join(f"{name} {a:.4f}" for name, a in f["by_views"].items() if "+" not in name)
    by_k = "  ".join(f"K={k} {a:.4f}" for k, a in f["mean_by_k"].items())
    print(f"  {title:18} {alone}  |  {by_k}")
