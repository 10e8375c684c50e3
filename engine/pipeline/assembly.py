# SPDX-License-Identifier: Apache-2.0
"""How a pipeline is put together: from a config, and from what was saved. `base` is the class of all
pipelines, which knows this file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confection import Config

from ..components import Component, TrainableComponent
from ..config.config import (
    ConfigError,
    interpolate_config,
    is_block,
)
from ..config.registry import registry
from ..config.resolver import resolve
from ..errors import EngineError, ModelFileError, TokenizerError
from ..layers import use_engine_ops
from ..safe_files import confined, strings_in
from ..spacy_files import find_spacy_folder, read_spacy_folder
from ..spacy_files.installed import pipeline_folder
from ..tokenizers import EditableTokenizer, Rules, Tokenizer, maker_of
from ..tokenizers.defaults import flags_of_defaults
from ..tokenizers.made_by_config import is_made_by_config
from .factories import make_by_factory
from .language_classes import get_lang_class, with_own_defaults
from .own_from_spacy import load_saved
from .own_steps import step_of
from .own_vectors import use_made_vectors
from .saved_files import (
    CONFIG,
    TOKENIZER,
    check_saved,
    load_states,
    load_vectors_of,
    read_checked,
    read_config_of,
    read_meta,
)
from .sources import Sources
from .tokenizer_makers import call_maker
from .vocab_data import load_vocab

OF_ALL_FILES = ("digest", "files")
"""What `meta.json` says of a pipeline as a whole; no longer true where a component is left out."""


def load(base: Any, path: str | Path, choice: Choice, *, precision: str = "auto", device: str = "cpu") -> Any:
    """A saved pipeline; see `engine.load`."""
    root = pipeline_folder(path)
    with confined(root, strings_in(choice.overrides)):
        saved = find_spacy_folder(root)
        pipeline = _load_own(base, root, choice) if saved is None else _load_spacy(base, saved, choice)
    pipeline.path = root
    for _, component in pipeline.components:
        if isinstance(component, TrainableComponent):
            component.precision, component.device = precision, device
            component.backend()  # what is missing is said now, not at the first text
    return pipeline


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a pipeline is wanted: components that do not run, that run alone, that are left out; values in
    place of the config's; a vocabulary to share."""

    disable: tuple[str, ...] = ()
    enable: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    overrides: Mapping[str, Any] = field(default_factory=dict)
    vocab: Any = True

    @classmethod
    def of(
        cls,
        vocab: Any = True,
        disable: str | Iterable[str] = (),
        enable: str | Iterable[str] = (),
        exclude: str | Iterable[str] = (),
        config: Mapping[str, Any] | None = None,
    ) -> Choice:
        """As people write it: one name or several."""
        return cls(_names(disable), _names(enable), _names(exclude), config or {}, vocab)

    def disabled(self, values: Mapping[str, Any]) -> list[str]:
        """Components that shall not run. Raises: EngineError where `enable` and `disable` contradict each
        other."""
        if not self.enable:
            return [*self.disable]
        both = sorted({*self.enable} & {*self.disable})
        if both:
            raise EngineError(f"expected names to enable or to disable, got {', '.join(both)} as both")
        known = values["nlp"]["pipeline"]
        _check_names(values, self.enable)
        return [name for name in known if name not in self.enable and name not in self.exclude]


def _names(given: str | Iterable[str]) -> tuple[str, ...]:
    """One name or several."""
    return (given,) if isinstance(given, str) else tuple(given)


def _load_own(base: Any, root: Path, choice: Choice) -> Any:
    meta = read_meta(root)
    config = read_config_of(root, meta)
    rules = read_checked(root, TOKENIZER, meta)
    with refusing(root / CONFIG):
        pipeline = build(base, config, choice=choice, rules=rules, meta=meta)
    load_vectors_of(pipeline, root, meta)
    load_vocab(pipeline.vocab, root, meta)
    load_states(pipeline.steps, root, meta)
    return pipeline


@contextmanager
def refusing(file: Path) -> Iterator[None]:
    """What a config makes Python raise becomes an error that names its file; ours say more as they are."""
    try:
        yield
    except EngineError:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError) as error:
        what = f"{type(error).__name__}: {error}"
        raise ModelFileError(f"{file}: expected a config of a pipeline, got {what}") from error


def _load_spacy(base: Any, root: Path, choice: Choice) -> Any:
    """A pipeline of spaCy, from its directory as it is."""
    saved = read_spacy_folder(root, list(choice.exclude), whole=bool(choice.overrides))
    check_saved(saved.config, root / CONFIG)
    try:
        pipeline = build(base, saved.config, choice=choice, tokenizer=saved.tokenizer, meta=saved.meta)
    except (EngineError, ValueError, TypeError, LookupError, AttributeError) as error:
        what = (
            str(error)
            if isinstance(error, EngineError)
            else f"expected a config of a pipeline, got {type(error).__name__}: {error}"
        )
        raise ModelFileError(f"{root / CONFIG}: {what}") from error
    pipeline.fills_learning = not saved.whole
    pipeline.use_vectors(saved.vocab.vectors)
    if pipeline.vectors is not None and isinstance(saved.meta.get("vectors"), Mapping):
        pipeline.vocab.vectors.name = saved.meta["vectors"].get("name")
    load_saved(saved, pipeline.steps)
    return pipeline


def build(
    base: Any,
    config: Config,
    *,
    choice: Choice,
    tokenizer: Tokenizer | None = None,
    rules: bytes | None = None,
    meta: Mapping[str, Any] | None = None,
) -> Any:
    """Make tokenizer and components and run the `[nlp]` callbacks; weights are not drawn yet. `rules`: those
    of a saved tokenizer."""
    if choice.overrides:
        config = config.copy()
        override(config, choice.overrides)
    values = interpolate_config(config)
    with use_engine_ops():
        nlp = resolve(values, "nlp")
        lang_class = get_lang_class(base, nlp["lang"])
        if nlp["before_creation"] is not None:
            lang_class = with_own_defaults(lang_class)
        kind = _call_back(nlp["before_creation"], lang_class, "before_creation", type)
        left_out = set(choice.exclude)
        off = choice.disabled(values)
        _check_names(values, [*off, *left_out])
        disabled = {*nlp["disabled"], *off}
        kept = [name for name in nlp["pipeline"] if name not in left_out]
        if left_out:
            config, meta = (
                _without(config, kept),
                {key: value for key, value in (meta or {}).items() if key not in OF_ALL_FILES},
            )

        def make_tokenizer(pipeline: Any) -> Any:
            if tokenizer is not None:
                return tokenizer
            if rules is None or is_made_by_config(rules):
                return call_maker(nlp["tokenizer"], pipeline)
            return saved_tokenizer(rules, pipeline)

        sources = Sources(values, kept, lambda source: load(base, source, Choice()))
        config = sources.with_sections(config)
        pipeline = kind.assemble(
            make_tokenizer, config, meta=meta, disabled=disabled - left_out, vocab=choice.vocab
        )
        pipeline = _call_back(nlp["after_creation"], pipeline, "after_creation", base)
        for name in kept:
            pipeline.steps.append((name, step_of(name, make_component(values, name, pipeline, sources))))
        pipeline.add_components([])
        use_made_vectors(pipeline, nlp["vectors"])
        sources.take_vectors(pipeline)
        return _call_back(nlp["after_pipeline_creation"], pipeline, "after_pipeline_creation", base)


def saved_tokenizer(rules: bytes, pipeline: Any) -> Any:
    """A tokenizer of what was saved. Raises: TokenizerError, which names the file."""
    try:
        saved_maker = maker_of(rules)
        if saved_maker is not None:
            return registry.get("tokenizers", saved_maker[0])(**saved_maker[1])(pipeline)
        flags = flags_of_defaults(pipeline.Defaults)
        return EditableTokenizer.of(Rules.from_json(rules), pipeline.vocab, flags=flags)
    except (EngineError, TypeError, ValueError, LookupError, AttributeError) as error:
        what = str(error) if isinstance(error, EngineError) else f"{type(error).__name__}: {error}"
        raise TokenizerError(f"{TOKENIZER}: {what}") from error


def override(config: Config, values: Mapping[str, Any]) -> None:
    """Put values into a config: whole sections, nested, or single ones by `section.key`."""
    dotted = {key: value for key, value in values.items() if "." in key}
    _merge(config, {key: value for key, value in values.items() if "." not in key})
    for key, value in dotted.items():
        *sections, last = key.split(".")
        node: Any = config
        for section in sections:
            node = node.setdefault(section, {})
        node[last] = value


def _merge(target: Any, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping) and isinstance(target.get(key), dict) and not is_block(value):
            _merge(target[key], value)
        else:
            target[key] = dict(value) if isinstance(value, Mapping) else value


def _without(config: Config, names: list[str]) -> Config:
    """The config of a pipeline of which only these components are left; sections stay, for others may refer
    to them."""
    config = config.copy()
    disabled = [name for name in interpolate_config(config)["nlp"]["disabled"] if name in names]
    config["nlp"].update(pipeline=names, disabled=disabled)
    return config


def make_component(values: Mapping[str, Any], name: str, nlp: Any, sources: Sources) -> Component:
    """One component of `[nlp] pipeline` from its section: by a factory, or taken from a saved pipeline by
    `source`.

    Raises: ConfigError.
    """
    path = ("components", name)
    if name not in values.get("components", {}):
        known = ", ".join(values.get("components", {})) or "none"
        raise ConfigError(path, f"expected a section for this name of [nlp] pipeline; there are: {known}")
    if name in sources.blocks:
        return sources.take(name)
    block = dict(values["components"][name])
    component: Component = make_by_factory(nlp, block, name, path, lang=values["nlp"]["lang"])
    return component


def _check_names(values: Mapping[str, Any], names: Iterable[str]) -> None:
    known = values["nlp"]["pipeline"]
    for name in names:
        if name not in known:
            raise EngineError(
                f"expected names of components to disable or exclude, got {name!r}; there are: "
                f"{', '.join(known) or 'none'}"
            )


def _call_back(callback: Callable[[Any], Any] | None, value: Any, key: str, kind: type) -> Any:
    if callback is None:
        return value
    result = callback(value)
    if not isinstance(result, kind):
        got = type(result).__name__
        raise ConfigError(
            ("nlp", key),
            f"expected the callback to return a {kind.__name__}, got {got}; end it with `return`",
        )
    return result
