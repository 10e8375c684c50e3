# SPDX-License-Identifier: Apache-2.0
"""Registered makers of tokenizers for languages that write no blanks between words."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from ..config.registry import registry
from ..errors import EngineError
from ..tokenizers import BaseDefaults, EditableTokenizer, Rules, SegmentedTokenizer, Tokenizer, tokenizer_for
from ..tokenizers.defaults import flags_of_defaults
from ..tokenizers.segmenters import (
    CHARACTERS,
    DEFAULTS,
    jieba_segment,
    sudachi_segment,
    thai_segment,
    vietnamese_segment,
)

Maker = Callable[[Any], Tokenizer]


class Segmenter(StrEnum):
    """How Chinese text is cut."""

    char = "char"
    jieba = "jieba"
    pkuseg = "pkuseg"


@registry.tokenizers("freshet.ChineseTokenizer.v1")
def configure_chinese(segmenter: str = "char") -> Maker:
    """Chinese by single characters, or by jieba's dictionary (the extra zh)."""
    if segmenter not in [*Segmenter]:
        raise EngineError(
            f"expected segmenter to be one of {', '.join(Segmenter)}, got {segmenter!r}; take char or jieba"
        )
    if segmenter == Segmenter.pkuseg:
        raise EngineError(
            "the segmenter pkuseg works by models that it downloads, which Freshet does not; take jieba, or "
            "register a tokenizer of your own in a file given by --code"
        )
    if segmenter == Segmenter.char:
        return lambda nlp: EditableTokenizer.of(
            Rules(_code(nlp, "zh"), infix=CHARACTERS), getattr(nlp, "vocab", None), flags=_flags(nlp)
        )
    return _maker("zh", jieba_segment, "freshet.ChineseTokenizer.v1", segmenter=segmenter)


@registry.tokenizers("freshet.JapaneseTokenizer.v1")
def configure_japanese(split_mode: str | None = None) -> Maker:
    """Japanese by Sudachi (the extra ja), in short (A), middle (B) or long (C) units."""
    return _maker("ja", lambda: sudachi_segment(split_mode), DEFAULTS["ja"][1], split_mode=split_mode)


@registry.tokenizers("freshet.ThaiTokenizer.v1")
def configure_thai() -> Maker:
    """Thai by PyThaiNLP (the extra th)."""
    return _maker("th", thai_segment, DEFAULTS["th"][1])


@registry.tokenizers("freshet.VietnameseTokenizer.v1")
def configure_vietnamese(use_pyvi: bool = True) -> Maker:
    """Vietnamese by pyvi (the extra vi), or between blanks by the neutral rules."""
    if not use_pyvi:
        return lambda nlp: tokenizer_for("vi")
    return _maker("vi", vietnamese_segment, DEFAULTS["vi"][1], use_pyvi=use_pyvi)


@registry.tokenizers("freshet.KoreanTokenizer.v1")
def configure_korean() -> Maker:
    """Korean by the rules of the language: between blanks, as in Universal Dependencies."""
    return lambda nlp: tokenizer_for("ko")


def segmenter_for(nlp: Any) -> Tokenizer | None:
    """What cuts the texts of a language that a library cuts, where it is installed; None for others, and
    where it is not: then the neutral rules do, and the pipeline's meta says so."""
    if nlp.lang == "zh":
        tokenizer: Tokenizer = configure_chinese()(nlp)
        return tokenizer
    if nlp.lang not in DEFAULTS or not DEFAULTS[nlp.lang][0].is_installed:
        return None
    _, maker, segment = DEFAULTS[nlp.lang]
    return _maker(nlp.lang, segment, maker)(nlp)


def _maker(lang: str, segment: Callable[[], Any], name: str, **settings: Any) -> Maker:
    return lambda nlp: SegmentedTokenizer(_code(nlp, lang), segment(), name, settings, flags=_flags(nlp))


def _code(nlp: Any, lang: str) -> str:
    return str(getattr(nlp, "lang", lang))


def _flags(nlp: Any) -> Any:
    return flags_of_defaults(getattr(nlp, "Defaults", BaseDefaults))
