"""The vocabulary: SentencePiece's BPE with bytes for what it has no piece for."""

from __future__ import annotations

import io
from collections.abc import Iterable

import sentencepiece

SIZE = 2048
UNKNOWN, BOS, EOS = 0, 1, 2


def train(lines: Iterable[str]) -> sentencepiece.SentencePieceProcessor:
    """Trains on lines. Text is taken as it is: nothing is normalised, and every digit is a piece of its own."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, vocab_size=SIZE, model_type="bpe", byte_fallback=True, num_threads=1,
        split_digits=True, normalization_rule_name="identity", remove_extra_whitespaces=False, character_coverage=1.0,
        unk_id=UNKNOWN, bos_id=BOS, eos_id=EOS, pad_id=-1, minloglevel=2)
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def pieces(processor: sentencepiece.SentencePieceProcessor) -> list[tuple[str, float, int]]:
    """Text, score and kind of each token, in GGUF's numbers for kinds."""
    normal, unknown, control, byte = 1, 2, 3, 6

    def kind(token: int) -> int:
        if processor.is_unknown(token):
            return unknown
        if processor.is_control(token):
            return control
        return byte if processor.is_byte(token) else normal

    return [(processor.id_to_piece(token), processor.get_score(token), kind(token)) for token in range(processor.get_piece_size())]
