# SPDX-License-Identifier: Apache-2.0
"""Words of Chinese, Japanese, Thai and Vietnamese texts, by libraries that are extras."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ..errors import TokenizerError
from ..extras import JAPANESE, JIEBA, THAI, VIETNAMESE, Extra, MissingExtraError
from .segmented_tokenizer import Segment

CHARACTERS = "(?s:.)"
"""Infix rule by which every character is a token."""

SPLIT_MODES = ("A", "B", "C")
DICTIONARIES = ("core", "small", "full")
"""Sudachi's dictionaries, the one of the extra first."""


def jieba_segment() -> Segment:
    """Chinese by jieba's dictionary. Raises: MissingExtraError."""
    jieba = _imported(JIEBA, "the segmenter jieba")
    jieba.setLogLevel(60)
    tokenizer = jieba.Tokenizer()
    with tempfile.TemporaryDirectory() as folder:  # its cache lies in a folder that others may write
        tokenizer.tmp_dir = folder
        tokenizer.initialize()
    cut: Segment = tokenizer.cut
    return cut


def sudachi_segment(split_mode: str | None) -> Segment:
    """Japanese by Sudachi, in short (A), middle (B) or long (C) units; default A.

    Raises: MissingExtraError; TokenizerError for another mode.
    """
    if split_mode not in (None, *SPLIT_MODES):
        raise TokenizerError(f"expected split_mode to be one of A, B, C or null, got {split_mode!r}")
    sudachi = _imported(JAPANESE, "the Japanese tokenizer")
    mode = getattr(sudachi.SplitMode, split_mode or "A")
    dictionary = next((name for name in DICTIONARIES if find_spec(f"sudachidict_{name}")), None)
    if dictionary is None:
        raise MissingExtraError("the Japanese tokenizer's dictionary", JAPANESE)
    words = sudachi.Dictionary(dict=dictionary)
    tokenizer = (words.tokenizer if hasattr(words, "tokenizer") else words.create)(mode)  # create until 0.6

    def segment(text: str) -> Iterable[str]:
        return [morpheme.surface() for morpheme in tokenizer.tokenize(text)]

    return segment


def thai_segment() -> Segment:
    """Thai by PyThaiNLP's dictionary. Raises: MissingExtraError."""
    pythainlp = _imported(THAI, "the Thai tokenizer", "pythainlp.tokenize")
    cut: Segment = pythainlp.word_tokenize
    return cut


def vietnamese_segment() -> Segment:
    """Vietnamese by pyvi; syllables of one word keep the blank between them. Raises: MissingExtraError."""
    pyvi = _imported(VIETNAMESE, "the Vietnamese tokenizer", "pyvi.ViTokenizer")

    def segment(text: str) -> Iterable[str]:
        tokens, _ = pyvi.ViTokenizer.spacy_tokenize(text)
        return [token if token in text else token.replace("_", " ") for token in tokens]

    return segment


DEFAULTS: dict[str, tuple[Extra, str, Callable[[], Segment]]] = {
    "ja": (JAPANESE, "freshet.JapaneseTokenizer.v1", lambda: sudachi_segment(None)),
    "th": (THAI, "freshet.ThaiTokenizer.v1", thai_segment),
    "vi": (VIETNAMESE, "freshet.VietnameseTokenizer.v1", vietnamese_segment),
}
"""Languages that a library cuts where it is installed: extra, registered name, maker of the function."""


def _imported(extra: Extra, what: str, module: str = "") -> Any:
    extra.require(what)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old spellings in these libraries; nothing of ours is involved
        return import_module(module or extra.module)
