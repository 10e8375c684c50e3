# SPDX-License-Identifier: Apache-2.0
"""A tiny encoder with random weights, in a folder of Hugging Face's layout, made on the spot; a config of a
pipeline on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

from engine import Config
from engine.transformer import build_encoder, write_state
from tests.engine.toy import SENTENCES

WIDTH = 24

SIZES = {
    "model_type": "bert",
    "hidden_size": WIDTH,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 64,
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
}

LISTENER: Mapping[str, Any] = {
    "@architectures": "spacy-transformers.TransformerListener.v1",
    "grad_factor": 1.0,
    "upstream": "*",
    "pooling": {"@layers": "reduce_mean.v1"},
}

STRIDED: Mapping[str, Any] = {
    "@span_getters": "spacy-transformers.strided_spans.v1",
    "window": 8,
    "stride": 6,
}


@cache
def tokenizer_json() -> str:
    """Word pieces, trained on the toy sentences."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    texts = [" ".join(word.split("/")[0] for word in line.split(" ")) for line in SENTENCES]
    trainer = trainers.WordPieceTrainer(vocab_size=120, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator([*texts, "abcdefghijklmnopqrstuvwxyz .?!"], trainer)
    ends = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=ends
    )
    text: str = tokenizer.to_str()
    return text


def write_encoder(folder: Path, **sizes: Any) -> Path:
    """Write such a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = tokenizer_json()
    vocab = json.loads(text)["model"]["vocab"]
    config = {**SIZES, "vocab_size": len(vocab), "pad_token_id": 0, **sizes}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "tokenizer.json").write_text(text)
    (folder / "vocab.txt").write_text("\n".join(sorted(vocab, key=vocab.__getitem__)) + "\n")
    settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 64}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "model.safetensors").write_bytes(write_state(build_encoder(config, seed=1).state()))
    return folder


def transformer_block(folder: Path | str, **settings: Any) -> dict[str, Any]:
    """The section of a component on that folder."""
    model = {
        "@architectures": "spacy-transformers.TransformerModel.v3",
        "name": str(folder),
        "get_spans": dict(STRIDED),
        "tokenizer_config": {"use_fast": True},
        "transformer_config": {},
        "mixed_precision": False,
        "grad_scaler_config": {},
    }
    return {"factory": "transformer", "model": {**model, **settings.pop("model", {})}, **settings}


def tagger_block(listener: Mapping[str, Any] = LISTENER) -> dict[str, Any]:
    """The section of a tagger that listens."""
    return {
        "factory": "tagger",
        "model": {"@architectures": "spacy.Tagger.v2", "nO": None, "tok2vec": dict(listener)},
    }


def ner_block(listener: Mapping[str, Any] = LISTENER) -> dict[str, Any]:
    """The section of an entity recognizer that listens."""
    model = {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 12,
        "maxout_pieces": 2,
        "use_upper": True,
        "nO": None,
        "tok2vec": dict(listener),
    }
    return {"factory": "ner", "model": model}


def encoder_config(folder: Path | str, **components: Mapping[str, Any]) -> Config:
    """A config of a transformer, a tagger and an entity recognizer, or of other components."""
    blocks = components or {
        "transformer": transformer_block(folder),
        "tagger": tagger_block(),
        "ner": ner_block(),
    }
    return Config({"nlp": {"lang": "en", "pipeline": list(blocks)}, "components": blocks})
