# SPDX-License-Identifier: Apache-2.0
"""Loading the pipeline that a command line means: which of its components, and with which code of the
user's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

import engine
from engine.config.config import read_config
from engine.spacy_files import find_spacy_folder

from ..bundled import find_model
from .user_code import load_code

EMBEDDINGS = ("curated_transformer", "tok2vec", "transformer")
"""Factories of what heads listen to."""


def load_pipeline(
    model: str | Path,
    exclude: Sequence[str] | None = None,
    components: Sequence[str] | None = None,
    code: Path | None = None,
    *,
    precision: str = "auto",
    device: str = "cpu",
) -> engine.Pipeline:
    """A pipeline's folder, ours or one saved by spaCy, with some of its components, for this back end and
    device."""
    load_code(code)
    folder = find_model(str(model))
    left_out = split_names(exclude)
    wanted = split_names(components)
    if wanted:
        left_out += [name for name in exclude_all_but(folder, wanted) if name not in left_out]
    return engine.load(folder, exclude=left_out, precision=precision, device=device)


def exclude_all_but(folder: Path, wanted: Sequence[str]) -> list[str]:
    """Components to leave out so that the wanted ones, and embeddings that they listen to, are left."""
    config = read_config((find_spacy_folder(folder) or folder) / "config.cfg", interpolate=True)
    names, blocks = config["nlp"]["pipeline"], config["components"]
    for name in wanted:
        if name not in names:
            raise typer.BadParameter(
                f"expected names of components, got {name!r}; there are: {', '.join(names)}",
                param_hint="--components",
            )
    upstream = {source for name in wanted for source in _listened_to(blocks[name])}
    kept = set(wanted) | {
        name
        for name in names
        if blocks[name].get("factory") in EMBEDDINGS and (name in upstream or "*" in upstream)
    }
    return [name for name in names if name not in kept]


def split_names(values: Sequence[str] | None) -> list[str]:
    """Names from repeated options, each of which may hold several with commas between.

    >>> split_names(["tagger,ner", "parser"])
    ['tagger', 'ner', 'parser']
    """
    return [name for value in values or () for name in value.split(",") if name]


def _listened_to(block: Mapping[str, Any]) -> Iterator[str]:
    if "Listener." in str(block.get("@architectures", "")):
        yield str(block.get("upstream", "*"))
    for value in block.values():
        if isinstance(value, Mapping):
            yield from _listened_to(value)
