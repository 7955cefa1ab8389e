"""The model: Llama's mathematics, as llama.cpp lays it out (rotated pairs are neighbours)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

import vocabulary

CONTEXT = 256
HEAD_LENGTH = 64
ROTARY_BASE = 10_000.0
EPSILON = 1e-5


@dataclass(frozen=True)
class Shape:
    """What sets models of this family apart."""

    blocks: int
    width: int
    heads: int
    key_value_heads: int
    hidden: int


MAIN = Shape(blocks=4, width=256, heads=4, key_value_heads=2, hidden=512)
DRAFT = Shape(blocks=2, width=128, heads=2, key_value_heads=1, hidden=448)


class RmsNorm(nn.Module):
    """Divides by the root of the mean square."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.float()
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + EPSILON) * self.weight


def rotated(x: torch.Tensor, angles: torch.Tensor) -> torch.Tensor:
    """Turns each pair of neighbours of (..., time, heads, HEAD_LENGTH) by its angle."""
    first, second = x[..., 0::2].float(), x[..., 1::2].float()
    cosine, sine = angles.cos(), angles.sin()
    return torch.stack((first * cosine - second * sine, first * sine + second * cosine), -1).flatten(-2)


class Block(nn.Module):
    """Attention with fewer heads of keys and values than of queries, then SwiGLU."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.attn_norm, self.ffn_norm = RmsNorm(shape.width), RmsNorm(shape.width)
        self.attn_q = nn.Linear(shape.width, shape.heads * HEAD_LENGTH, bias=False)
        self.attn_k = nn.Linear(shape.width, shape.key_value_heads * HEAD_LENGTH, bias=False)
        self.attn_v = nn.Linear(shape.width, shape.key_value_heads * HEAD_LENGTH, bias=False)
        self.attn_output = nn.Linear(shape.heads * HEAD_LENGTH, shape.width, bias=False)
        self.ffn_gate = nn.Linear(shape.width, shape.hidden, bias=False)
        self.ffn_up = nn.Linear(shape.width, shape.hidden, bias=False)
        self.ffn_down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x: torch.Tensor, angles: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.attn_norm(x), angles, mask)
        y = self.ffn_norm(x)
        return x + self.ffn_down(functional.silu(self.ffn_gate(y).float()) * self.ffn_up(y))

    def attention(self, x: torch.Tensor, angles: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        batch, time, _ = x.shape
        groups = self.shape.key_value_heads
        shared = self.shape.heads // groups
        # The queries that share keys are one matrix of (shared * time) rows.
        q = rotated(self.attn_q(x).view(batch, time, groups * shared, HEAD_LENGTH), angles)
        q = q.view(batch, time, groups, shared, HEAD_LENGTH).permute(0, 2, 3, 1, 4).reshape(batch, groups, shared * time, HEAD_LENGTH)
        k = rotated(self.attn_k(x).view(batch, time, groups, HEAD_LENGTH), angles).transpose(1, 2)
        v = self.attn_v(x).view(batch, time, groups, HEAD_LENGTH).transpose(1, 2)
        scores = (q * HEAD_LENGTH ** -0.5) @ k.transpose(-1, -2)
        weights = torch.softmax(scores + mask.to(scores.dtype).repeat(shared, 1), -1)
        mixed = (weights @ v).view(batch, groups, shared, time, HEAD_LENGTH).permute(0, 3, 1, 2, 4)
        return self.attn_output(mixed.reshape(batch, time, -1))


class Llama(nn.Module):
    """(batch, time) of token ids to (batch, time, vocabulary) of logits; the embedding is the output matrix, too."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(vocabulary.SIZE, shape.width)
        self.blk = nn.ModuleList(Block(shape) for _ in range(shape.blocks))
        self.output_norm = RmsNorm(shape.width)
        for name, parameter in self.named_parameters():
            if parameter.dim() > 1:
                closing = name.endswith(("attn_output.weight", "ffn_down.weight"))
                nn.init.normal_(parameter, std=0.02 / (2 * shape.blocks) ** 0.5 if closing else 0.02)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        time = tokens.shape[1]
        frequencies = ROTARY_BASE ** (-torch.arange(0, HEAD_LENGTH, 2) / HEAD_LENGTH)
        angles = (torch.arange(time)[:, None] * frequencies)[:, None, :]
        mask = torch.full((time, time), float("-inf")).triu(1)
        x = self.token_embd(tokens)
        for block in self.blk:
            x = block(x, angles, mask)
        return functional.linear(self.output_norm(x), self.token_embd.weight)

    def weights(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())
