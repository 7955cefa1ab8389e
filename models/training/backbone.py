"""The backbone: a small CNN from one frame to its penultimate vector, and how it is trained.

It is trained for fusion: in every step the same images are seen by two cameras, and the loss asks
that each camera alone and both fused by a gate give the right class.  Classification needs a linear
layer and a gate of its own for that; both are thrown away (fusion.py fits the shipped ones on tokens).
"""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from data import CLASSES, Labelled
from views import SIDE, Sampler, compile_transform, random_transform, render

FEATURES = 48       # F, the length of the penultimate vector
BATCH = 256         # images a step, each seen by two cameras
GROUPS = 4          # parts of a batch, each with its own two cameras, so that BatchNorm sees a mixture
SMOOTHING = 0.1     # label smoothing: draws a class's vectors together, so that few components hold the class
PEAK_RATE = 4e-3    # learning rate after the warm-up
RANDOM_SHARE = 0.15 # part of the frames that come from a random camera instead of one of the scene's


class Backbone(nn.Module):
    """Normalised frames (n, 1, 28, 28) to penultimate vectors (n, FEATURES), none negative.

    The first layer halves the resolution at once, since cost is what a Raspberry Pi is short of.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.norm1 = nn.Conv2d(1, 16, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(16)
        self.conv2, self.norm2 = nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32)
        self.conv3, self.norm3 = nn.Conv2d(32, 64, 3, padding=1, bias=False), nn.BatchNorm2d(64)
        self.dense = nn.Linear(64 * 3 * 3, FEATURES)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        x = functional.relu(self.norm1(self.conv1(frames)))
        x = functional.max_pool2d(functional.relu(self.norm2(self.conv2(x))), 2)
        x = functional.max_pool2d(functional.relu(self.norm3(self.conv3(x))), 2)
        return functional.relu(self.dense(x.flatten(1)))

    def folded(self) -> "Backbone":
        """A copy for inference with each BatchNorm folded into its convolution."""
        copy = Backbone()
        copy.load_state_dict(self.state_dict())
        copy.eval()
        for i in (1, 2, 3):
            setattr(copy, f"conv{i}", fuse_conv_bn_eval(getattr(copy, f"conv{i}"), getattr(copy, f"norm{i}")))
            setattr(copy, f"norm{i}", nn.Identity())
        return copy


def pixel_statistics(images: torch.Tensor, samplers: list[Sampler], seed: int) -> tuple[float, float]:
    """Mean and standard deviation of the pixels (0..1) of frames of all views."""
    noise = torch.Generator().manual_seed(seed)
    frames = torch.cat([render(images, s, noise) for s in samplers]) / 255.0
    return round(frames.mean().item(), 4), round(frames.std().item(), 4)


def train_backbone(training: Labelled, samplers: list[Sampler], mean: float, std: float,
                   epochs: int, seed: int) -> Backbone:
    """Trains with Adam under a one-cycle schedule; prints the mean loss of every epoch."""
    rng = np.random.RandomState(seed)
    noise = torch.Generator().manual_seed(seed)
    backbone = Backbone().to(memory_format=torch.channels_last)
    head, gate = nn.Linear(FEATURES, len(CLASSES)), nn.Linear(FEATURES, 1, bias=False)
    nn.init.zeros_(gate.weight)
    parameters = [*backbone.parameters(), *head.parameters(), *gate.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=PEAK_RATE, weight_decay=1e-2)
    steps = len(training) // BATCH
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, PEAK_RATE, total_steps=epochs * steps, pct_start=0.2)

    backbone.train()
    for epoch in range(epochs):
        started, total = time.monotonic(), 0.0
        order = torch.randperm(len(training), generator=noise)
        for step in range(steps):
            batch = training.take(order[step * BATCH:(step + 1) * BATCH])
            frames = seen_by_two(batch.images, samplers, rng, noise).flatten(0, 1)
            vectors = backbone(normalised(frames, mean, std)).view(2, BATCH, FEATURES)
            loss = fusion_loss(vectors, batch.labels, head, gate)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        seconds = time.monotonic() - started
        print(f"  epoch {epoch + 1:2}/{epochs}  loss {total / steps:.4f}  {seconds:.0f} s", flush=True)
    return backbone.eval()


def seen_by_two(images: torch.Tensor, samplers: list[Sampler], rng: np.random.RandomState,
                noise: torch.Generator) -> torch.Tensor:
    """Frames (2, n, 784) of images (n, 784): each group of images as two cameras see it."""
    groups = []
    for group in images.chunk(GROUPS):
        pair = [samplers[i] for i in rng.permutation(len(samplers))[:2]]
        pair = [compile_transform(random_transform(rng)) if rng.rand() < RANDOM_SHARE else s for s in pair]
        groups.append(torch.stack([render(group, s, noise) for s in pair]))
    return torch.cat(groups, dim=1)


def fusion_loss(vectors: torch.Tensor, labels: torch.Tensor, head: nn.Linear, gate: nn.Linear) -> torch.Tensor:
    """Cross-entropy of each view alone (half) and of the views fused (half); vectors (views, n, F)."""
    def loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(logits, target, label_smoothing=SMOOTHING)

    alone = loss(head(vectors).flatten(0, 1), labels.repeat(len(vectors)))
    fused = (functional.softmax(gate(vectors), dim=0) * vectors).sum(0)
    return 0.5 * alone + 0.5 * loss(head(fused), labels)


def normalised(frames: torch.Tensor, mean: float, std: float) -> torch.Tensor:
    """Frames (n, 784) in 0..255 to the backbone's input (n, 1, 28, 28)."""
    return ((frames / 255.0 - mean) / std).view(-1, 1, SIDE, SIDE)
