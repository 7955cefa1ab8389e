"""WordNet's glosses as lines of text, in three parts by synset."""

from __future__ import annotations

import re
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

DEFAULT_FOLDER = Path("/usr/share/wordnet")
KINDS = {"noun": "noun", "verb": "verb", "adj": "adjective", "adv": "adverb"}
TRAINING, VALIDATION, HELD_OUT = "training", "validation", "held-out"

# "(a)", "(p)" and "(ip)" behind an adjective say where it may stand in a sentence.
SYNTACTIC_MARKER = re.compile(r"\((a|p|ip)\)$")


@dataclass(frozen=True)
class Gloss:
    """What one synset is explained with."""

    words: tuple[str, ...]
    kind: str
    text: str
    part: str

    def line(self, turn: int = 0) -> str:
        """As the model sees it, with another of the synset's words each turn."""
        return f"{self.words[turn % len(self.words)]} ({self.kind}): {self.text}"


def part_of(kind: str, offset: str) -> str:
    """A synset in a hundred is held out, another one is for choices; which ones depends on nothing but its number."""
    return {0: HELD_OUT, 1: VALIDATION}.get(zlib.crc32(f"{kind}{offset}".encode()) % 100, TRAINING)


def read(folder: Path) -> list[Gloss]:
    """Every synset's gloss, in the files' order; a text that occurs in several parts stays in training alone."""
    glosses: list[Gloss] = []
    for name, kind in KINDS.items():
        file = folder / f"data.{name}"
        if not file.is_file():
            sys.exit(f"{file} is missing: apt install wordnet-base, or name its folder by --data")
        for line in file.read_text(encoding="ascii").splitlines():
            if line.startswith("  "):
                continue  # the licence
            synset, _, text = line.partition(" | ")
            fields = synset.split(" ")
            words = fields[4:4 + 2 * int(fields[3], 16):2]
            glosses.append(Gloss(tuple(SYNTACTIC_MARKER.sub("", word).replace("_", " ") for word in words), kind,
                                 " ".join(text.split()), part_of(kind, fields[0])))
    trained = {gloss.text for gloss in glosses if gloss.part == TRAINING}
    return [gloss for gloss in glosses if gloss.part == TRAINING or gloss.text not in trained]
