"""Camera views: how a camera of the scene turns an image into a frame.

``models/views.json`` is the one source of truth, read by this module and by the C# demo.
Everything before the noise is a linear map of the pixels: each frame pixel is a weighted sum of at
most four image pixels.  So a transform is compiled once to indices and weights (a ``Sampler``), and
rendering a batch of images is a gather and a sum.

Pixels are indexed row by row; u is the column, v the row.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

SIDE = 28  # height and width of an image and of a frame, in pixels


@dataclass(frozen=True)
class Rect:
    """A rectangle in fractions of the image: [x, x+width) by [y, y+height)."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Transform:
    """What one camera does to an image, in this order.

    crop, rotation (degrees): which part of the image is seen, and how it is turned;
    exposure: a factor on every pixel; occlusion: a rectangle of the *frame* set to 0;
    noise: standard deviation of Gaussian noise as a fraction of 255; seed: of that noise.
    """

    crop: Rect
    rotation: float
    occlusion: Rect | None
    exposure: float
    noise: float
    seed: int


@dataclass(frozen=True)
class CameraView:
    """A named camera of the scene: `view` is its producer id on the wire."""

    camera: str
    view: int
    transform: Transform


@dataclass(frozen=True)
class Sampler:
    """A transform compiled for SIDE x SIDE images.

    index, weight: (4, SIDE*SIDE), the four neighbours of each frame pixel; exposure and occlusion
    are already in the weights.  noise: standard deviation in pixel values (0..255).
    """

    index: torch.Tensor
    weight: torch.Tensor
    noise: float


def load_views(path: Path) -> list[CameraView]:
    """Reads views.json; the list is in order of the view number."""

    def rect(value: dict | None) -> Rect | None:
        return None if value is None else Rect(**value)

    views = []
    for entry in json.loads(path.read_text(encoding="utf-8")):
        fields = dict(entry["transform"])
        fields["crop"] = rect(fields["crop"])
        fields["occlusion"] = rect(fields.get("occlusion"))
        views.append(CameraView(entry["camera"], entry["view"], Transform(**fields)))
    return sorted(views, key=lambda v: v.view)


def compile_transform(t: Transform) -> Sampler:
    """Works out where in the image each frame pixel comes from (in float64, kept as float32)."""
    centre = (np.arange(SIDE) + 0.5) / SIDE
    across, down = np.meshgrid(centre, centre)  # both (v, u)
    fx, fy = across - 0.5, down - 0.5
    angle = math.radians(t.rotation)
    rx = math.cos(angle) * fx + math.sin(angle) * fy
    ry = -math.sin(angle) * fx + math.cos(angle) * fy
    px = (t.crop.x + (rx + 0.5) * t.crop.width) * SIDE - 0.5
    py = (t.crop.y + (ry + 0.5) * t.crop.height) * SIDE - 0.5

    gain = np.full((SIDE, SIDE), t.exposure)
    if t.occlusion is not None:
        o = t.occlusion
        hidden = (across >= o.x) & (across < o.x + o.width) & (down >= o.y) & (down < o.y + o.height)
        gain[hidden] = 0.0

    left, top = np.floor(px), np.floor(py)
    index, weight = [], []
    for dy in (0, 1):
        for dx in (0, 1):
            x, y = left + dx, top + dy
            share = (1 - np.abs(px - x)) * (1 - np.abs(py - y))
            inside = (x >= 0) & (x < SIDE) & (y >= 0) & (y < SIDE)
            # A neighbour outside the image counts as 0: weight 0 on any valid pixel.
            index.append(np.where(inside, y * SIDE + x, 0).astype(np.int64).ravel())
            weight.append((np.where(inside, share, 0.0) * gain).ravel())
    return Sampler(
        torch.from_numpy(np.stack(index)),
        torch.from_numpy(np.stack(weight).astype(np.float32)),
        t.noise * 255.0,
    )


def render(images: torch.Tensor, sampler: Sampler, noise: torch.Generator | None) -> torch.Tensor:
    """Renders images (n, SIDE*SIDE) in 0..255 to frames of the same shape: whole numbers, as float32.

    With `noise` None the frames are free of noise (for comparing implementations).
    """
    frames = torch.zeros_like(images)
    for index, weight in zip(sampler.index, sampler.weight):
        frames += images[:, index] * weight
    if noise is not None and sampler.noise > 0:
        frames += sampler.noise * torch.randn(frames.shape, generator=noise)
    return frames.clamp_(0.0, 255.0).round_()


def random_transform(rng: np.random.RandomState) -> Transform:
    """A random camera, so that the backbone also serves views that are not in views.json."""
    width, height = rng.uniform(0.5, 1.1, 2)
    occlusion = None
    if rng.rand() < 0.6:
        occlusion_width, occlusion_height = rng.uniform(0.2, 0.6, 2)
        occlusion = Rect(rng.uniform(0, 1 - occlusion_width), rng.uniform(0, 1 - occlusion_height),
                         occlusion_width, occlusion_height)
    return Transform(
        crop=Rect(rng.uniform(-0.05, 1.05 - width), rng.uniform(-0.05, 1.05 - height), width, height),
        rotation=rng.uniform(-35, 35),
        occlusion=occlusion,
        exposure=rng.uniform(0.4, 1.2),
        noise=rng.uniform(0.05, 0.35),
        seed=0,
    )
