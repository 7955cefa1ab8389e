"""Muon for the matrices of the blocks, Adam for the rest.

Muon (Jordan et al., 2024) makes a step of a matrix near orthogonal, and needs fewer steps than Adam: steps are what
two hours of a CPU are short of.
"""

from __future__ import annotations

import torch

from llama import Llama

MUON_RATE, ADAM_RATE = 0.02, 4e-3
MOMENTUM, DECAY = 0.95, 0.01
WARM_UP, FALLING = 50, 0.5


def rate(step: int, steps: int) -> float:
    """The part of the learning rates that holds at a step: it rises, stays, and falls to nothing in the second half."""
    return min(1.0, (step + 1) / WARM_UP, (steps - step) / (FALLING * steps))


def orthogonal(matrix: torch.Tensor) -> torch.Tensor:
    """About the nearest matrix whose singular values are all one: five steps of Newton and Schulz."""
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[0] > matrix.shape[1]
    x = (matrix.T if tall else matrix).bfloat16()
    x = x / (x.norm() + 1e-7)
    for _ in range(5):
        square = x @ x.T
        x = a * x + (b * square + c * (square @ square)) @ x
    return (x.T if tall else x).float()


class Muon(torch.optim.Optimizer):
    """Steps of matrices."""

    def __init__(self, parameters: list[torch.nn.Parameter]) -> None:
        super().__init__(parameters, {"lr": MUON_RATE})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            for parameter in group["params"]:
                momentum = self.state[parameter].setdefault("momentum", torch.zeros_like(parameter))
                momentum.lerp_(parameter.grad, 1 - MOMENTUM)
                update = orthogonal(parameter.grad.lerp(momentum, MOMENTUM))
                scale = max(1.0, parameter.shape[0] / parameter.shape[1]) ** 0.5
                parameter.mul_(1 - group["lr"] * DECAY).add_(update, alpha=-group["lr"] * scale)


class Optimizer:
    """Both, at the rate of a step."""

    def __init__(self, model: Llama) -> None:
        matrices = [p for name, p in model.named_parameters() if p.dim() == 2 and name.startswith("blk.")]
        others = [p for name, p in model.named_parameters() if p.dim() != 2 or not name.startswith("blk.")]
        self.parts = [Muon(matrices), torch.optim.Adam(others, lr=ADAM_RATE, betas=(0.9, 0.95), eps=1e-10)]
        self.rates = [MUON_RATE, ADAM_RATE]

    def step(self, step: int, steps: int) -> None:
        for part, full in zip(self.parts, self.rates):
            for group in part.param_groups:
                group["lr"] = full * rate(step, steps)
            part.step()
            part.zero_grad(set_to_none=True)
