# SPDX-License-Identifier: Apache-2.0
"""Registered makers of what a pipeline has besides its components: tokenizer, vectors, labels from files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import srsly

from .. import vectors
from ..config.registry import registry
from ..errors import EngineError
from ..safe_files import MAX_CONFIG, MAX_VALUES, check_depth, named_path, parse_json, read_file
from ..spacy_files.msgpack import unpack
from ..tokenizers import Tokenizer, tokenizer_for, tokenizer_of
from ..tokenizers.characters import CharacterTokenizer
from .segmenter_makers import segmenter_for


@registry.tokenizers("freshet.Tokenizer.v1")
def configure_tokenizer() -> Callable[[Any], Tokenizer]:
    """The rule tokenizer of the pipeline's language."""
    return make_tokenizer


def make_tokenizer(nlp: Any) -> Tokenizer:
    """A tokenizer by what the class of a pipeline says of its language, or by the code of a language."""
    if isinstance(nlp, str):
        return tokenizer_for(nlp)
    return segmenter_for(nlp) or tokenizer_of(nlp.Defaults, nlp.lang, nlp.vocab)


@registry.tokenizers("freshet.char_pretokenizer.v1")
def configure_char_pretokenizer() -> Callable[[Any], Tokenizer]:
    """Single characters, for a component that learns to tokenize."""
    return lambda nlp: CharacterTokenizer(make_tokenizer(nlp))


@registry.vectors("freshet.Vectors.v1")
def configure_vectors() -> Callable[[Any], Any]:
    """An empty table of vectors for a vocabulary, which a file, `[initialize] vectors` or `set_vector`
    fills."""
    return empty_vectors


def empty_vectors(vocab: Any) -> Any:
    """An empty table. Nothing of it is imported before somebody asks for one."""
    return vectors.Vectors(strings=vocab.strings, name=vocab.vectors_name)


empty_vectors.when_asked = True  # type: ignore[attr-defined]


@registry.readers("freshet.read_json.v1")
def read_json(path: str) -> Any:
    """The value of a JSON file. Raises: EngineError where there is none."""
    return parse_json(_bytes(path), path)


@registry.readers("freshet.read_jsonl.v1")
def read_jsonl(path: str, skip: bool = False) -> list[Any]:
    """The values of a file of JSON lines, such as patterns; with `skip`, lines that are no JSON are left out.

    Raises: EngineError where there is no such file, or a line is no JSON.
    """
    values = []
    for number, line in enumerate(_bytes(path).splitlines(), start=1):
        try:
            values += [parse_json(line, f"{path}, line {number}")] if line.strip() else []
        except EngineError:
            if not skip:
                raise
    return values


@registry.readers("freshet.read_msgpack.v1")
def read_msgpack(path: str, use_list: bool = True) -> Any:
    """The value of a msgpack file; its arrays as lists, or as tuples. Raises: EngineError where there is
    none."""
    return unpack(_bytes(path), Path(path), use_list=use_list)


@registry.readers("freshet.read_yaml.v1")
def read_yaml(path: str) -> Any:
    """The value of a YAML file, plain values only. Raises: EngineError where there is none."""
    try:
        value = srsly.yaml_loads(_bytes(path, MAX_CONFIG).decode("utf8"))
    except EngineError:
        raise
    except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
        raise EngineError(f"{path}: expected YAML, got something else: {error}") from None
    return check_depth(value, path, "YAML", shared=True)


def _bytes(path: str, limit: int = MAX_VALUES) -> bytes:
    try:
        return read_file(named_path(path), limit)
    except OSError as error:
        raise EngineError(f"{path}: expected a file to read, got: {error.strerror}") from None


@registry.readers("freshet.read_labels.v1")
def read_labels(path: str | None, require: bool = False) -> Any:
    """Labels from a JSON file; null where there is none, unless `require`.

    Raises: EngineError where a required file is missing.
    """
    if path is not None and named_path(path).exists():
        return parse_json(_bytes(path), path)
    if require:
        raise EngineError(
            f"expected a file of labels, got {path!r}; write it with `freshet init labels`, or set "
            "require = false"
        )
    return None
