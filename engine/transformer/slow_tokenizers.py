# SPDX-License-Identifier: Apache-2.0
"""Vocabulary files of tokenizers that were saved without a `tokenizer.json`, made into one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .errors import TransformerError
from .libraries import require_transformers, transformers

VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model")


def converted(files: Mapping[str, bytes], settings: Mapping[str, Any]) -> bytes:
    """The `tokenizer.json` that these files mean, with `settings` laid over theirs; no network, no code of a
    model.

    Raises: TransformerError where none of them is a vocabulary, or the library cannot read it.
    """
    require_transformers("a piece tokenizer")
    if not any(name in files for name in VOCABULARIES):
        raise TransformerError(
            f"expected a tokenizer with one of {', '.join(VOCABULARIES)}, got "
            f"{', '.join(sorted(files)) or 'no files'}"
        )
    with TemporaryDirectory() as folder:
        for name, data in files.items():
            if Path(name).name == name:
                (Path(folder) / name).write_bytes(data)
        try:
            tokenizer = transformers.AutoTokenizer.from_pretrained(
                folder, **{"local_files_only": True, **settings, "use_fast": True, "trust_remote_code": False}
            )
            return str(tokenizer.backend_tokenizer.to_str()).encode()
        except (
            ValueError,
            OSError,
            ImportError,
            AttributeError,
            TypeError,
            KeyError,
            json.JSONDecodeError,
        ) as error:
            what = " ".join(str(error).split())[:300]
            raise TransformerError(
                f"expected a tokenizer that transformers can read from {', '.join(sorted(files))}, got "
                f"{what}; save "
                "its tokenizer.json"
            ) from None
