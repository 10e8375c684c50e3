# SPDX-License-Identifier: Apache-2.0
"""Tokenizers of every kind, trained in a moment on a few sentences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

SENTENCES = (
    "The quick brown fox doesn't jump over the lazy dogs, does it?",
    "Naïve cafés in Zürich serve 12,50 € coffee (2nd floor) -- e.g. at Müller's!",
    'She said: "U.S. state-of-the-art parsers weren\'t ready in 2019/2020."',
    "日本語 のテキスト と 中文 文本。 Русский текст тоже есть. 😀👍🏽",
    "aa bb cc dd ee ff gg hh ii jj kk ll mm nn oo pp qq rr ss tt uu vv ww xx yy zz AA BB",
)
BERT_SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
ROBERTA_SPECIALS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


def _files(tokenizer: tokenizers.Tokenizer, specials: Mapping[str, Any]) -> dict[str, bytes]:
    config = {"model_max_length": 128, **specials}
    return {
        "tokenizer.json": tokenizer.to_str().encode(),
        "tokenizer_config.json": json.dumps(config).encode(),
    }


@cache
def wordpiece_files(lowercase: bool = True) -> dict[str, bytes]:
    """As BERT's."""
    tokenizer = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=400, special_tokens=list(BERT_SPECIALS), show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.enable_padding(length=40)  # what a saved one may carry from its last call
    tokenizer.enable_truncation(5)
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return _files(tokenizer, {**names, "tokenizer_class": "BertTokenizer", "do_lower_case": lowercase})


@cache
def byte_bpe_files(trim_offsets: bool = True, add_prefix_space: bool = False) -> dict[str, bytes]:
    """As RoBERTa's; without trimming as ModernBERT's."""
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    specials = [*ROBERTA_SPECIALS[:4], tokenizers.AddedToken("<mask>", lstrip=True)]
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=specials, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    if trim_offsets:
        tokenizer.post_processor = processors.RobertaProcessing(
            ("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=add_prefix_space
        )
    else:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
        )
    return _files(tokenizer, {"pad_token": "<pad>", "unk_token": {"content": "<unk>"}})


@cache
def sentencepiece_files(form: str = "nmt") -> dict[str, bytes]:
    """As XLM-R's (`nmt`) or ALBERT's (`albert`)."""
    tokenizer = tokenizers.Tokenizer(models.Unigram())
    forms = [normalizers.Nmt(), normalizers.NFKC()]
    if form == "albert":
        forms += [normalizers.Lowercase(), normalizers.NFKD(), normalizers.StripAccents()]
    blanks = tokenizers.Regex(" {2,}")
    tokenizer.normalizer = normalizers.Sequence([*forms, normalizers.Replace(blanks, " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    trainer = trainers.UnigramTrainer(
        vocab_size=300, special_tokens=list(ROBERTA_SPECIALS), unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return _files(tokenizer, {"pad_token": "<pad>", "unk_token": "<unk>"})


KINDS = {
    "albert": lambda: sentencepiece_files("albert"),
    "bert cased": lambda: wordpiece_files(False),
    "bert uncased": wordpiece_files,
    "modernbert": lambda: byte_bpe_files(False),
    "roberta": byte_bpe_files,
    "roberta prefixed": lambda: byte_bpe_files(True, True),
    "xlm-roberta": sentencepiece_files,
}
