# SPDX-License-Identifier: Apache-2.0
"""Components made by their class, as documented: `Tagger(nlp.vocab, model)`, `EntityRuler(nlp)`.

A pipeline makes them by factories, which call the class with the component's name first. And `ner` and
`parser` made again as those that search by beam.
"""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Mapping
from typing import Any

from ..config.default_values import function_defaults
from ..config.parameters import parameters_of
from ..config.registry import registry
from ..config.resolver import resolve_value
from ..errors import ComponentError

PATTERNS = "patterns"


class ByVocab(ABCMeta):
    """The class of classes with a `factory`, which can be called as documented, too.

    `documented`: what is given by position: first "vocab" or "nlp", if any.
    """

    def __call__(cls, *args: Any, **settings: Any) -> Any:
        """A component, by our own arguments or by the documented ones."""
        factory: str | None = cls.__dict__.get("factory")
        derived = getattr(cls, "of_documented", None) if factory is None else None
        if derived is not None and _is_documented(cls.documented, args, settings):  # type: ignore[attr-defined]
            return derived(*args, **settings)
        if factory is None or not _is_documented(cls.documented, args, settings):  # type: ignore[attr-defined]
            return super().__call__(*args, **settings)
        names: tuple[str, ...] = cls.documented  # type: ignore[attr-defined]
        if len(args) > len(names):
            raise ComponentError(
                f"expected {cls.__name__}({', '.join(names)}, ...), got {len(args)} by position"
            )
        return _made(factory, {**dict(zip(names, args, strict=False)), **settings})


def _is_documented(names: tuple[str, ...], args: tuple[Any, ...], settings: Mapping[str, Any]) -> bool:
    """Ours begin with the component's name, a text, and have more behind it."""
    if names[0] in ("vocab", "nlp"):
        return names[0] in settings or (bool(args) and not isinstance(args[0], str))
    return len(args) <= 1


def _made(factory: str, given: dict[str, Any]) -> Any:
    """A component by its factory: what is not given has its default."""
    nlp = given.pop("nlp", None)
    vocab = given.pop("vocab", getattr(nlp, "vocab", None))
    patterns = given.pop(PATTERNS, None)
    function = registry.get("factories", factory)
    known = [parameter.name for parameter in parameters_of(function)]
    unknown = [name for name in given if name not in known]
    if unknown:
        raise ComponentError(
            f"expected settings of {factory!r}, got {', '.join(unknown)}; there are: {', '.join(known)}"
        )
    given.setdefault("name", factory)
    defaults = {name: value for name, value in function_defaults(function).items() if name not in given}
    component = function(**{name: resolve_value(value, (name,)) for name, value in defaults.items()}, **given)
    component.vocab = vocab
    if nlp is not None and hasattr(component, "read_phrases_with"):
        component.read_phrases_with(lambda texts, annotated: _read(nlp, texts, annotated))
    if patterns is not None:
        component.add_patterns(patterns)
    return component


def _read(nlp: Any, texts: Any, annotated: bool) -> Any:
    """Phrases as a batch; annotated by the whole pipeline where their attribute needs it."""
    batch = nlp.tokenizer.tokenize(texts)
    return nlp.predict_batch(batch) if annotated else batch


class BeamAccess:
    """Gives `ner` and `parser` what `beam_ner` and `beam_parser` can do, with the same weights and labels."""

    beam_factory: str
    name: str
    model: Any

    def greedy_parse(self, docs: Any, drop: float = 0.0) -> Any:
        """The same as `predict(docs)`; `drop` is read and not needed."""
        return self.predict(docs)  # type: ignore[attr-defined]  # a component has it

    def beam_parse(
        self, docs: Any, beam_width: int, beam_density: float = 0.001, *, drop: float = 0.0
    ) -> Any:
        """What the `beam_width` best ways through documents say, for `set_annotations` and to be scored."""
        return self._searching().beam_parse(docs, beam_width, beam_density, drop=drop)

    def _searching(self) -> Any:
        component = registry.get("factories", self.beam_factory)(self.name, self.model)
        component.load_labels(self.label_state())  # type: ignore[attr-defined]  # a component has it
        return component
