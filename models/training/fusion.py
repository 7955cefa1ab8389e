"""The gate and the linear head: fitting them on tokens, and fusing with them.

Token i of m scores s_i = w.z_i; a = softmax(s); z* = sum a_i z_i; logits = W z* + b.  (gamma and
beta of the wire's formula are 0 and 1: every shipped camera reports quality 1.)
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import torch
from torch.nn import functional

FIT_EPOCHS = 12
FIT_BATCH = 512
FIT_RATE = 1e-2


@dataclass(frozen=True)
class Head:
    """W (classes, d), b (classes,), gate w (d,); float32."""

    W: torch.Tensor
    b: torch.Tensor
    w: torch.Tensor


def logits(tokens: torch.Tensor, present: torch.Tensor, head: Head) -> torch.Tensor:
    """Fuses tokens (views, n, d), of which `present` (views, n) says which are there, to logits (n, classes)."""
    scores = (tokens @ head.w).masked_fill(~present, -torch.inf)
    weights = functional.softmax(scores, dim=0).unsqueeze(2)
    return (weights * tokens).sum(0) @ head.W.T + head.b


def fit_head(tokens: torch.Tensor, labels: torch.Tensor, classes: int, seed: int) -> Head:
    """Fits gate and head together by gradient descent on random subsets of the views.

    tokens: (views, n, d).  Each row of each batch keeps 1..views tokens, every count as likely, so
    that one head serves every K.  The gate starts at zero: the plain mean of the tokens.
    """
    views, n, d = tokens.shape
    random = torch.Generator().manual_seed(seed)
    spread = tokens.std()  # unit-sized inputs, so that one learning rate serves tokens of any size
    scaled = tokens / spread
    head = Head(torch.zeros(classes, d), torch.zeros(classes), torch.zeros(d))
    parameters = [p.requires_grad_() for p in (head.W, head.b, head.w)]
    steps = n // FIT_BATCH
    optimiser = torch.optim.Adam(parameters, lr=FIT_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, FIT_EPOCHS * steps)
    for _ in range(FIT_EPOCHS):
        order = torch.randperm(n, generator=random)
        for step in range(steps):
            rows = order[step * FIT_BATCH:(step + 1) * FIT_BATCH]
            rank = torch.rand(views, len(rows), generator=random).argsort(0)
            count = torch.randint(1, views + 1, (len(rows),), generator=random)
            loss = functional.cross_entropy(logits(scaled[:, rows], rank < count, head), labels[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return Head((head.W / spread).detach(), head.b.detach(), (head.w / spread).detach())


def accuracy(tokens: torch.Tensor, labels: torch.Tensor, head: Head, subset: tuple[int, ...]) -> float:
    """Part of the decisions that are right when exactly the views of `subset` arrive."""
    present = torch.zeros(tokens.shape[:2], dtype=torch.bool)
    present[list(subset)] = True
    return (logits(tokens, present, head).argmax(1) == labels).float().mean().item()


def accuracy_by_subset(tokens: torch.Tensor, labels: torch.Tensor, head: Head) -> dict[tuple[int, ...], float]:
    """The accuracy of every non-empty subset of the views."""
    views = range(len(tokens))
    return {subset: accuracy(tokens, labels, head, subset)
            for k in range(1, len(tokens) + 1) for subset in combinations(views, k)}
