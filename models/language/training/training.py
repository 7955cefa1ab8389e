"""Training: windows of glosses, the loop, the perplexity of a part."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import sentencepiece
import torch
from torch.nn import functional

import vocabulary
from glosses import Gloss
from llama import CONTEXT, Llama
from optimizer import Optimizer

WINDOWS = 16


def encoded(processor: sentencepiece.SentencePieceProcessor, glosses: list[Gloss], turn: int) -> list[np.ndarray]:
    """Each gloss as BOS, its line, EOS."""
    return [np.array([vocabulary.BOS, *ids, vocabulary.EOS], np.int64) for ids in processor.encode([g.line(turn) for g in glosses])]


def batches(processor: sentencepiece.SentencePieceProcessor, glosses: list[Gloss], seed: int) -> Iterator[torch.Tensor]:
    """Without end, (WINDOWS, CONTEXT + 1) of tokens: every window begins with a gloss, and the last one in it may be cut.

    A pass has every gloss once in an order of its own, and the next one has another word of each synset.
    """
    windows: list[np.ndarray] = []
    turn = 0
    while True:
        texts = encoded(processor, glosses, turn)
        window: list[np.ndarray] = []
        length = 0
        for index in np.random.default_rng((seed, turn)).permutation(len(texts)):
            window.append(texts[index])
            length += len(texts[index])
            if length > CONTEXT:
                windows.append(np.concatenate(window)[:CONTEXT + 1])
                window, length = [], 0
            if len(windows) == WINDOWS:
                yield torch.from_numpy(np.stack(windows))
                windows = []
        turn += 1


def train(model: Llama, data: Iterator[torch.Tensor], steps: int, log: str, checkpoint: Path, teacher: Llama | None = None) -> None:
    """Trains on text, or, with a teacher, on what the teacher expects. Goes on from the checkpoint where there is one."""
    optimizer = Optimizer(model)
    begin = load(checkpoint, model, optimizer)
    for _ in range(begin):
        next(data)
    started = saved = time.monotonic()
    for step in range(begin, steps):
        tokens = next(data)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(tokens[:, :-1]).float().flatten(0, 1)
            if teacher is not None:
                with torch.no_grad():
                    expected = torch.softmax(teacher(tokens[:, :-1]).float().flatten(0, 1), -1)
        loss = functional.cross_entropy(logits, tokens[:, 1:].flatten() if teacher is None else expected)
        loss.backward()
        optimizer.step(step, steps)
        if step % 20 == 19 or step < 5:
            spent = time.monotonic() - started
            print(f"{log} {step + 1}/{steps}: loss {loss.item():.3f}, {spent / (step + 1 - begin):.2f} s a step", flush=True)
        if time.monotonic() - saved > 240:
            save(checkpoint, model, optimizer, step + 1)
            saved = time.monotonic()
    save(checkpoint, model, optimizer, steps)


def save(checkpoint: Path, model: Llama, optimizer: Optimizer, step: int) -> None:
    partial = checkpoint.with_suffix(".part")
    torch.save({"step": step, "model": model.state_dict(), "optimizer": [part.state_dict() for part in optimizer.parts]}, partial)
    partial.replace(checkpoint)


def load(checkpoint: Path, model: Llama, optimizer: Optimizer) -> int:
    """The step to go on with."""
    if not checkpoint.exists():
        return 0
    state = torch.load(checkpoint)
    model.load_state_dict(state["model"])
    for part, saved in zip(optimizer.parts, state["optimizer"]):
        part.load_state_dict(saved)
    return state["step"]


@torch.no_grad()
def perplexity(model: Llama, processor: sentencepiece.SentencePieceProcessor, glosses: list[Gloss]) -> float:
    """Of the tokens behind BOS, EOS among them, each gloss by itself."""
    total, count = 0.0, 0
    texts = sorted(encoded(processor, glosses, 0), key=len)
    for begin in range(0, len(texts), 32):
        some = [torch.from_numpy(text[:CONTEXT + 1]) for text in texts[begin:begin + 32]]
        padded = torch.nn.utils.rnn.pad_sequence(some, batch_first=True, padding_value=-100)
        logits = model(padded[:, :-1].clamp(min=0))
        total += functional.cross_entropy(logits.flatten(0, 1), padded[:, 1:].flatten(), reduction="sum", ignore_index=-100).item()
        count += sum(len(text) - 1 for text in some)
    return math.exp(total / count)
