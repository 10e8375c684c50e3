# SPDX-License-Identifier: Apache-2.0
"""What is known of words before training, by `[initialize]` `vocab_data`; what was set of words, saved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgpack

from ..config.config import ConfigError
from ..errors import ModelFileError
from ..safe_files import named_path, read_file
from ..spacy_files.msgpack import unpack
from ..vocab import Vocab
from ..vocab.flags import FLAGS
from .saved_files import read_checked

VOCAB = "vocab.bin"
"""The file of what was set of words."""

NUMBERS = ("prob", "cluster", "sentiment")
FOLLOW = ("orth", "id", "lang", "lower", "norm", "shape", "prefix", "suffix", "length")
"""Features that follow from a word's text and the language's rules, whatever a file says."""

WHERE = ("initialize", "vocab_data")


def read_vocab_data(vocab: Vocab, path: str | Path) -> None:
    """Take over words of a JSONL file as documented: `{"orth": ..., "prob": ..., "is_stop": ...}` a line, the
    first one with settings. Raises: ConfigError with the file and line of what cannot be kept."""
    try:
        lines = read_file(named_path(path)).decode("utf8").splitlines()
    except OSError as error:
        raise ConfigError(WHERE, f"expected a file of words, got {str(path)!r}: {error.strerror}") from None
    for number, line in enumerate(lines, start=1):
        if line.strip():
            _take_row(vocab, _row(line, f"{path}, line {number}"), f"{path}, line {number}")


def _row(line: str, where: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise ConfigError(WHERE, f"{where}: expected JSON, got {error}") from None
    if not isinstance(row, Mapping):
        raise ConfigError(WHERE, f"{where}: expected a map of a word's features, got {row!r}")
    return row


def _take_row(vocab: Vocab, row: Mapping[str, Any], where: str) -> None:
    if "settings" in row:
        vocab.oov_prob = float(row["settings"].get("oov_prob", vocab.oov_prob))
        return
    if not isinstance(row.get("orth"), str):
        raise ConfigError(WHERE, f"{where}: expected a word as 'orth', got {row.get('orth')!r}")
    for key, value in row.items():
        if key in NUMBERS:
            vocab.set_value(row["orth"], key, value)
        elif key.upper() in FLAGS:
            vocab.set_flag(row["orth"], key.upper(), bool(value))
        elif key not in FOLLOW:
            known = ", ".join((*FOLLOW, *NUMBERS, *(flag.lower() for flag in FLAGS)))
            raise ConfigError(WHERE, f"{where}: expected a feature of words, got {key!r}; there are: {known}")


def vocab_file(vocab: Vocab) -> bytes | None:
    """What was set of words, as a file; None where nothing was."""
    return vocab.to_bytes(exclude=("strings", "vectors")) if vocab.is_set else None


def load_vocab(vocab: Vocab, root: Any, meta: Mapping[str, Any]) -> None:
    """Take over what `vocab_file` gave, if it is there. Raises: ModelFileError."""
    if VOCAB in meta["files"]:
        data = read_checked(root, VOCAB, meta)
        unpack(data, root / VOCAB)
        try:
            vocab.from_bytes(data, exclude=("strings", "vectors"))
        except (LookupError, TypeError, ValueError, AttributeError, msgpack.UnpackException) as error:
            what = f"{type(error).__name__}: {error}"
            raise ModelFileError(f"{root / VOCAB}: expected what was set of words, got {what}") from None
