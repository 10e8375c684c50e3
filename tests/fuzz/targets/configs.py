# SPDX-License-Identifier: Apache-2.0
"""Text of configs: an error that says where, or a pipeline whose config reads back equal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import engine
from engine import fill_config
from engine.cli.config_problems import config_problems
from engine.config.config import parse_config
from engine.training.train import resolve_corpora, training_settings

from ...engine.toy import shared, toy_config
from ..trial import Target, words_of

PUBLIC = Path(__file__).parents[2] / "engine" / "config" / "public.cfg"
TINY = Path(__file__).parents[1] / "seeds" / "tiny.cfg"


def _seeds() -> Sequence[bytes]:
    toy = toy_config(shared("tagger", "ner", "textcat")).to_bytes(interpolate=False)
    return [TINY.read_bytes(), toy]


def _tried(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    config = fill_config(parse_config(text))
    assert parse_config(config.to_str(interpolate=False)) == parse_config(
        parse_config(config.to_str(interpolate=False)).to_str(interpolate=False)
    ), "read back as another config"
    config_problems(config)
    if len(config["components"]) > 4 or _is_large(config):
        return
    nlp = engine.from_config(config)
    settings = training_settings(nlp)
    resolve_corpora(config, settings)


def _is_large(value: object) -> bool:
    """A training config may be as large as its author's machine: such are not made here."""
    if isinstance(value, dict):
        return any(_is_large(item) for item in value.values())
    if isinstance(value, list):
        return len(value) > 50 or any(_is_large(item) for item in value)
    return isinstance(value, int | float) and abs(value) > 2000


configs = Target("configs", _tried, _seeds, words_of("configs"), rounds=3)
