# SPDX-License-Identifier: Apache-2.0
"""Making pipelines: from a config, from a directory, or blank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from confection import Config

from ..config.config import ConfigError, apply_overrides, read_config
from ..config.default_values import fill_config
from ..devices import default_device
from ..tokenizers import Tokenizer
from ..uncollected import uncollected
from . import assembly
from .assembly import Choice, override
from .pipeline import Pipeline


def load(
    name: str | Path,
    *,
    vocab: Any = True,
    disable: str | Iterable[str] = (),
    enable: str | Iterable[str] = (),
    exclude: str | Iterable[str] = (),
    config: Mapping[str, Any] | None = None,
    precision: str = "auto",
    device: str | None = None,
) -> Pipeline:
    """A saved pipeline, ours or one saved by spaCy 3: its folder, that of a training (its best one), or the
    name of an installed package.

    Components in `disable` are there but do not run, as are all that `enable`, where given, does not name;
    those in `exclude` are not read at all. `config`: values in place of saved ones, nested or by
    `section.key`. `precision`: `auto`, or a back end by its name; `device`: `cpu`, `cuda`, `cuda:1`
    (default: what `prefer_gpu` chose, else the CPU).

    Raises: ModelFileError, which names the file, where one is missing, truncated or changed; EngineError
    where this machine lacks the back end or the extra that it needs.
    """
    choice = Choice.of(vocab, disable, enable, exclude, config)
    with uncollected():
        pipeline: Pipeline = assembly.load(
            Pipeline, name, choice, precision=precision, device=device or default_device()
        )
    return pipeline


def blank(
    name: str = "en",
    *,
    vocab: Any = True,
    config: Mapping[str, Any] | None = None,
    meta: Mapping[str, Any] | None = None,
) -> Pipeline:
    """A pipeline of a language that only tokenizes, unless `config` says more: sections, or values by
    `section.key`.

    Raises: ConfigError, TokenizerError where there is no such language.
    """
    whole = Config({"nlp": {"lang": name}})
    override(whole, config or {})
    if whole["nlp"].get("lang") != name:
        raise ConfigError(
            ("nlp", "lang"), f"expected the language of blank({name!r}), got {whole['nlp'].get('lang')!r}"
        )
    pipeline: Pipeline = assembly.build(Pipeline, fill_config(whole), choice=Choice(vocab=vocab), meta=meta)
    return pipeline


def from_config(
    source: str | Path | Config | Mapping[str, Any], overrides: Mapping[str, object] | None = None
) -> Pipeline:
    """An untrained pipeline from a config or the path of one. Raises: ConfigError."""
    if isinstance(source, str | Path):
        return build(read_config(source, overrides))
    config = (
        source.copy() if isinstance(source, Config) else Config(dict(source), is_interpolated=False).copy()
    )
    apply_overrides(config, overrides or {})
    return build(config)


def build(
    config: Config,
    *,
    disable: Iterable[str] = (),
    exclude: Iterable[str] = (),
    tokenizer: Tokenizer | None = None,
    meta: Mapping[str, Any] | None = None,
) -> Pipeline:
    """Make tokenizer and components and run the `[nlp]` callbacks; weights are not drawn yet."""
    choice = Choice(disable=tuple(disable), exclude=tuple(exclude))
    pipeline: Pipeline = assembly.build(Pipeline, config, choice=choice, tokenizer=tokenizer, meta=meta)
    return pipeline
