"""Trains the language models that are shipped: reads WordNet, writes everything else in models/language/.

    /usr/bin/python3 models/language/training/train.py
"""

from __future__ import annotations

import needs  # noqa: F401  (first)

import argparse
import json
import os
import platform
import tempfile
from pathlib import Path

import numpy
import sentencepiece
import torch

import gguf_file
import glosses
import reference
import training
import vocabulary
from llama import DRAFT, MAIN, Llama

MODELS = Path(__file__).resolve().parent.parent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=glosses.DEFAULT_FOLDER, help="folder of WordNet's files (%(default)s)")
    parser.add_argument("--out", type=Path, default=MODELS, help="folder to write (default: models/language/)")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "jtfa-language-training",
                        help="folder of checkpoints; a run that was cut off goes on from there (%(default)s)")
    parser.add_argument("--steps", type=int, default=1300, help="of the model (%(default)s)")
    parser.add_argument("--draft-steps", type=int, default=700, help="of the draft model (%(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="(%(default)s)")
    parser.add_argument("--threads", type=int, default=1,
                        help="of PyTorch; results are repeated exactly only with the same number (%(default)s)")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.work.mkdir(parents=True, exist_ok=True)
    known = glosses.read(options.data)
    trained = [gloss for gloss in known if gloss.part == glosses.TRAINING]
    processor = vocabulary.train(gloss.line() for gloss in trained)
    model, draft = Llama(MAIN), Llama(DRAFT)
    print(f"{len(trained)} glosses, {model.weights()} weights, draft {draft.weights()}, process {os.getpid()}", flush=True)

    # Their names say what they are of: a run with other options does not go on from them.
    checkpoint = options.work / f"model-{options.seed}-{options.steps}.pt"
    draft_checkpoint = options.work / f"draft-{options.seed}-{options.steps}-{options.draft_steps}.pt"
    training.train(model, training.batches(processor, trained, options.seed), options.steps, "model", checkpoint)
    training.train(draft, training.batches(processor, trained, options.seed + 1), options.draft_steps, "draft", draft_checkpoint,
                   teacher=model)
    export(options, model, draft, processor, known)
    checkpoint.unlink()
    draft_checkpoint.unlink()


def export(options: argparse.Namespace, model: Llama, draft: Llama, processor: sentencepiece.SentencePieceProcessor,
           known: list[glosses.Gloss]) -> None:
    """Writes the files. The held-out glosses are read here for the first time, after all choices."""
    checked, held_out = ([gloss for gloss in known if gloss.part == part] for part in (glosses.VALIDATION, glosses.HELD_OUT))
    about = "Writes a definition of a word; trained on the glosses of WordNet 3.0, Copyright 2006 by Princeton University."
    gguf_file.write(options.out / "model.gguf", model, processor, gguf_file.F16, "JTFA definitions", about)
    gguf_file.write(options.out / "draft.gguf", draft, processor, gguf_file.Q8_0, "JTFA definitions, draft", about)
    (options.out / "held-out.txt").write_text("".join(gloss.line() + "\n" for gloss in held_out), encoding="utf-8")
    shipped = reference.as_shipped(model)
    reference.write(options.out / "reference.json", shipped, processor, held_out)
    figures = {
        "versions": {"python": platform.python_version(), "torch": torch.__version__, "numpy": numpy.__version__,
                     "sentencepiece": sentencepiece.__version__},
        "seed": options.seed, "threads": options.threads, "steps": options.steps, "draft_steps": options.draft_steps,
        "weights": model.weights(), "draft_weights": draft.weights(),
        "glosses": {part: sum(gloss.part == part for gloss in known)
                    for part in (glosses.TRAINING, glosses.VALIDATION, glosses.HELD_OUT)},
        "perplexity": {
            name: {"validation": round(training.perplexity(one, processor, checked), 3),
                   "held_out": round(training.perplexity(one, processor, held_out), 3)}
            for name, one in (("model", shipped), ("draft", draft))},
    }
    reference.write_json(options.out / "metrics.json", figures)
    print(json.dumps(figures["perplexity"]), flush=True)


if __name__ == "__main__":
    main()
