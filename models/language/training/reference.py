"""reference.json: what another implementation should get of the shipped model, computed here by PyTorch."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import sentencepiece
import torch

import training
import vocabulary
from glosses import Gloss
from llama import CONTEXT, Llama

WORDS = ["ocean", "violin", "teacher", "volcano", "happiness", "genus Rosa", "quickly", "to run (verb):", "blue (adjective):",
         "lighthouse", "algorithm", "bread"]
TEXTS = ["", "a", "ocean", " ocean", "ocean (noun):", "two  blanks", "a\ttab and\na line feed", "1848", "naïve café", "дом", "海洋", "👩‍🔬",
         "e\u0301", "<s>not structure</s>", "\"quoted\"; don't", "UPPER and lower", "xyzzyxyzzy", "trailing "]

# Another implementation adds in another order, and a text goes on differently where two tokens are as likely: such words are left out.
SMALLEST_LEAD = 0.02

# Held-out glosses that the tests look at.
LINES = 100


def as_shipped(model: Llama) -> Llama:
    """The model with the weights that its F16 file has."""
    shipped = Llama(model.shape)
    shipped.load_state_dict({name: value.half().float() if value.dim() > 1 else value for name, value in model.state_dict().items()})
    return shipped


@torch.no_grad()
def greedy(model: Llama, tokens: list[int]) -> tuple[list[int], float]:
    """What the model goes on with until it ends, and the smallest lead that a chosen token had over the next best."""
    said: list[int] = []
    lead = float("inf")
    while len(tokens) + len(said) < CONTEXT:
        best = model(torch.tensor([tokens + said]))[0, -1].topk(2)
        lead = min(lead, (best.values[0] - best.values[1]).item())
        if best.indices[0].item() == vocabulary.EOS:
            break
        said.append(best.indices[0].item())
    return said, lead


@torch.no_grad()
def write(path: Path, model: Llama, processor: sentencepiece.SentencePieceProcessor, held_out: list[Gloss]) -> None:
    """Writes the file."""
    texts = []
    for word in WORDS:
        tokens = [vocabulary.BOS, *processor.encode(word)]
        said, lead = greedy(model, tokens)
        if lead >= SMALLEST_LEAD:
            whole = processor.decode(tokens + said)
            texts.append({"prompt": word, "text": whole.removeprefix(word), "tokens": said})
    prompt = [vocabulary.BOS, *processor.encode("lighthouse (noun): a tower with a light that gives warning of")]
    ids = np.array([i for gloss in held_out for i in processor.encode(gloss.line())], "<i4")
    reference = {
        "encoded": [{"text": text, "tokens": processor.encode(text)} for text in TEXTS],
        "held_out": {"tokens": len(ids), "sha256": hashlib.sha256(ids.tobytes()).hexdigest()},
        "greedy": texts,
        "perplexity": {"lines": LINES, "value": round(training.perplexity(model, processor, held_out[:LINES]), 4)},
        "logits": {"tokens": prompt, "after_last": [round(value, 5) for value in model(torch.tensor([prompt]))[0, -1].tolist()]},
    }
    write_json(path, reference)


def write_json(path: Path, value: object) -> None:
    """Indented, one line for each list of numbers."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    text = re.sub(r"\[\s+([-\d.e+,\s]+?)\s+\]", lambda match: "[" + re.sub(r"\s+", " ", match[1]) + "]", text)
    path.write_text(text + "\n", encoding="utf-8")
