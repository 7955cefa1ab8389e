"""Writes a model as a GGUF file, version 3, as llama.cpp reads it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import sentencepiece

import vocabulary
from llama import CONTEXT, EPSILON, HEAD_LENGTH, ROTARY_BASE, Llama

ALIGNMENT = 32
F32, F16, Q8_0 = 0, 1, 8  # GGUF's numbers of formats
FILE_TYPES = {F16: 1, Q8_0: 7}

# The model was trained on words with their kind alone: of a conversation it is given the last message's word, and a noun's kind where
# none is said. What else people ask with goes: "What is a lighthouse?" is "lighthouse (noun):", "to run" is "run (verb):".
CHAT_TEMPLATE = """
{%- set asked = namespace(word=(messages[-1]['content'] | trim).rstrip(' ?!.'), kind='noun') -%}
{%- for begin in ['what is ', "what's ", 'define ', 'a ', 'an ', 'the ', 'to '] -%}
{%- if asked.word.lower().startswith(begin) -%}
{%- set asked.word = asked.word[begin | length:] | trim -%}
{%- if begin == 'to ' -%}{%- set asked.kind = 'verb' -%}{%- endif -%}
{%- endif -%}
{%- endfor -%}
{{- bos_token + asked.word }}{%- if '(' not in asked.word %} ({{ asked.kind }}):{%- elif asked.word.endswith(')') -%}:{%- endif -%}
""".strip()


def encode(values: np.ndarray, kind: int) -> bytes:
    """Weights in a format; vectors stay F32, as llama.cpp expects them."""
    if values.ndim == 1 or kind == F32:
        return values.astype("<f4").tobytes()
    if kind == F16:
        return values.astype("<f2").tobytes()
    blocks = values.astype(np.float32).reshape(-1, 32)
    scales = np.abs(blocks).max(1, keepdims=True) / 127
    inverse = np.divide(1, scales, out=np.zeros_like(scales), where=scales > 0)
    packed = np.zeros(len(blocks), np.dtype([("scale", "<f2"), ("weights", "i1", 32)]))
    packed["scale"], packed["weights"] = scales[:, 0], np.rint(blocks * inverse)
    return packed.tobytes()


def write(path: Path, model: Llama, processor: sentencepiece.SentencePieceProcessor, kind: int, name: str, about: str) -> None:
    """Writes the file: metadata, where each tensor is, the tensors."""
    shape = model.shape
    tensors = {n: p.detach().numpy() for n, p in model.named_parameters()}
    texts, scores, kinds = zip(*vocabulary.pieces(processor))
    metadata = {
        "general.architecture": _text("llama"),
        "general.name": _text(name),
        "general.description": _text(about),
        "general.license": _text("WordNet 3.0"),
        "general.file_type": _number(FILE_TYPES[kind]),
        "llama.block_count": _number(shape.blocks),
        "llama.context_length": _number(CONTEXT),
        "llama.embedding_length": _number(shape.width),
        "llama.feed_forward_length": _number(shape.hidden),
        "llama.attention.head_count": _number(shape.heads),
        "llama.attention.head_count_kv": _number(shape.key_value_heads),
        "llama.attention.layer_norm_rms_epsilon": _real(EPSILON),
        "llama.rope.dimension_count": _number(HEAD_LENGTH),
        "llama.rope.freq_base": _real(ROTARY_BASE),
        "llama.vocab_size": _number(vocabulary.SIZE),
        "tokenizer.ggml.model": _text("llama"),
        "tokenizer.ggml.tokens": _array(8, [_string(text) for text in texts]),
        "tokenizer.ggml.scores": _array(6, [struct.pack("<f", score) for score in scores]),
        "tokenizer.ggml.token_type": _array(5, [struct.pack("<i", kind) for kind in kinds]),
        "tokenizer.ggml.unknown_token_id": _number(vocabulary.UNKNOWN),
        "tokenizer.ggml.bos_token_id": _number(vocabulary.BOS),
        "tokenizer.ggml.eos_token_id": _number(vocabulary.EOS),
        "tokenizer.ggml.add_bos_token": struct.pack("<I?", 7, True),
        "tokenizer.ggml.add_eos_token": struct.pack("<I?", 7, False),
        "tokenizer.ggml.add_space_prefix": struct.pack("<I?", 7, True),
        "tokenizer.chat_template": _text(CHAT_TEMPLATE),
    }
    head, body = bytearray(struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(metadata))), bytearray()
    for key, value in metadata.items():
        head += _string(key) + value
    for tensor, values in tensors.items():
        dimensions = values.shape[::-1]
        stored = F32 if values.ndim == 1 else kind
        head += _string(tensor) + struct.pack(f"<I{values.ndim}QIQ", values.ndim, *dimensions, stored, len(body))
        body += encode(values, kind)
        body += bytes(-len(body) % ALIGNMENT)
    path.write_bytes(head + bytes(-len(head) % ALIGNMENT) + body)


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _text(text: str) -> bytes:
    return struct.pack("<I", 8) + _string(text)


def _number(value: int) -> bytes:
    return struct.pack("<II", 4, value)


def _real(value: float) -> bytes:
    return struct.pack("<If", 6, value)


def _array(kind: int, items: list[bytes]) -> bytes:
    return struct.pack("<IIQ", 9, kind, len(items)) + b"".join(items)
