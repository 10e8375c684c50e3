# SPDX-License-Identifier: Apache-2.0
"""The function registry: tables of named functions that configs refer to."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import catalogue
from thinc.api import registry as thinc_registry

from ..errors import EngineError
from .aliases import ALIASES

NAMESPACES = (
    "annotation_setters",
    "architectures",
    "augmenters",
    "batchers",
    "callbacks",
    "cli",
    "datasets",
    "displacy_colors",
    "factories",
    "initializers",
    "languages",
    "layers",
    "lemmatizers",
    "loggers",
    "lookups",
    "losses",
    "misc",
    "model_loaders",
    "models",
    "ops",
    "optimizers",
    "readers",
    "schedules",
    "scorers",
    "span_getters",
    "tokenizers",
    "vectors",
)


NAMESPACES_OF_LEARNING = ("augmenters", "batchers", "loggers", "readers")

REGISTERING: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "engine.api": {"": ("",)},
    "engine.training.registered": dict.fromkeys(NAMESPACES_OF_LEARNING, ("",)),
    "engine.components.transformer.registered": {
        "": ("spacy-curated-transformers.", "spacy-transformer.", "spacy-transformers."),
        "annotation_setters": ("",),
        "factories": ("curated_transformer", "hf_text_classifier", "hf_token_classifier", "transformer"),
        "model_loaders": ("",),
        "optimizers": ("freshet.AdamW.",),
        "span_getters": ("",),
    },
    "engine.models.pretraining": {"architectures": ("freshet.Pretrain",)},
}
"""Module that registers functions -> namespace ("" for every one) -> beginnings of their names. It is
imported when such a name is looked up: a worker that annotates starts without what learning or encoders
need."""


LEGACY = "spacy-legacy."
"""How names of older versions begin that configs may write beside `spacy.`."""


class UnknownNameError(EngineError, ValueError):
    """A config names a function or a namespace that nobody registered."""


class Table(catalogue.Registry):
    """Functions of a namespace by name, through `ALIASES`, too: `registry.architectures.get(name)`."""

    def get(self, name: str) -> Any:
        """The function of that name. Raises: UnknownNameError, which lists the names."""
        return registry.get(self.namespace[-1], name)

    def __contains__(self, name: object) -> bool:
        """Whether the name, or what it is an alias of, is registered."""
        return isinstance(name, str) and _find(self, canonical(self.namespace[-1], name)) is not None

    def get_all(self) -> dict[str, Any]:
        """Functions by their names, aliases included."""
        own: dict[str, Any] = super().get_all()
        aliases = ALIASES.get(self.namespace[-1], {})
        return {**own, **{alias: own[target] for alias, target in aliases.items() if target in own}}


def _table(namespace: str) -> Table:
    return Table(("freshet", namespace), entry_points=True)


class registry(thinc_registry):
    """Tables of functions by namespace; names of other projects resolve through `ALIASES`.

    >>> @registry.misc("doctest_twice.v1")
    ... def configure(size: int) -> int:
    ...     return 2 * size
    >>> registry.get("misc", "doctest_twice.v1")(4)
    8
    """

    annotation_setters = _table("annotation_setters")
    architectures = _table("architectures")
    augmenters = _table("augmenters")
    batchers = _table("batchers")
    callbacks = _table("callbacks")
    cli = _table("cli")
    datasets = _table("datasets")
    displacy_colors = _table("displacy_colors")
    factories = _table("factories")
    languages = _table("languages")
    layers = Table(("thinc", "layers"), entry_points=True)
    lemmatizers = _table("lemmatizers")
    loggers = _table("loggers")
    lookups = _table("lookups")
    misc = _table("misc")
    model_loaders = _table("model_loaders")
    models = _table("models")
    readers = _table("readers")
    scorers = _table("scorers")
    span_getters = _table("span_getters")
    tokenizers = _table("tokenizers")
    vectors = _table("vectors")

    @classmethod
    def get_registry_names(cls) -> list[str]:
        """All namespaces, sorted."""
        return sorted(NAMESPACES)

    @classmethod
    def find(cls, registry_name: str, func_name: str) -> dict[str, str | int | None]:
        """Where a function stands: `module`, `file`, `line_no`, and its `docstring`; None where a
        compiled one has no file or line.

        Raises: UnknownNameError.
        """
        function = inspect.unwrap(cls.get(registry_name, func_name))
        try:
            file, line = inspect.getsourcefile(function), inspect.getsourcelines(function)[1]
        except (TypeError, OSError):
            file, line = None, None
        return {
            "module": getattr(function, "__module__", None),
            "file": file,
            "line_no": line,
            "docstring": inspect.getdoc(function) or "",
        }

    @classmethod
    def has(cls, registry_name: str, func_name: object) -> bool:
        """Whether the name, or what it is an alias of, is registered."""
        return (
            registry_name in NAMESPACES
            and isinstance(func_name, str)
            and _find(getattr(cls, registry_name), canonical(registry_name, func_name)) is not None
        )

    @classmethod
    def get(cls, registry_name: str, func_name: Any) -> Callable[..., Any]:
        """The function of that name.

        Raises: UnknownNameError where the namespace or the name is unknown; the message lists what exists.
        """
        if registry_name not in NAMESPACES:
            known = ", ".join(NAMESPACES)
            raise UnknownNameError(
                f"expected a namespace of the function registry, got '@{registry_name}'; there are: {known}"
            )
        if not isinstance(func_name, str):
            kind = type(func_name).__name__
            raise UnknownNameError(
                f"expected the name of a function of [{registry_name}], a text, got {kind}"
            )
        function = _find(getattr(cls, registry_name), canonical(registry_name, func_name))
        if function is None:
            raise UnknownNameError(_miss(registry_name, func_name, names_of(registry_name)))
        return function


def canonical(namespace: str, name: str) -> str:
    """Our name for a name of spaCy; a name that is no alias comes back as it is."""
    if name.startswith(LEGACY):
        name = f"spacy.{name.removeprefix(LEGACY)}"
    return ALIASES.get(namespace, {}).get(name, name)


def names_of(namespace: str) -> list[str]:
    """All names that resolve in a namespace, aliases included, sorted."""
    for module, beginnings in REGISTERING.items():
        if "" in beginnings or namespace in beginnings:
            import_module(module)
    own = set(getattr(registry, namespace).get_all())
    return sorted(own | {alias for alias, target in ALIASES.get(namespace, {}).items() if target in own})


def _find(table: catalogue.Registry, name: str) -> Callable[..., Any] | None:
    """What was registered here, else what an installed package offers: asking for that reads the entry points
    of all packages."""
    known: dict[tuple[str, ...], Callable[..., Any]] = catalogue.REGISTRY
    key = (*table.namespace, name)
    for module, beginnings in REGISTERING.items():
        if name.startswith((*beginnings.get("", ()), *beginnings.get(table.namespace[-1], ()))):
            import_module(module)
        if key in known:
            return known[key]
    offered: Callable[..., Any] | None = table.get_entry_point(name)
    return offered


def _miss(namespace: str, name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(str(name), known, n=3)
    hint = f"did you mean {' or '.join(repr(c) for c in close)}? " if close else ""
    return (
        f"expected the name of a registered function of [{namespace}], got {name!r}; {hint}there are: "
        f"{', '.join(known)}. A function of your own is registered with @registry.{namespace}({name!r}) in "
        "a file given by --code"
    )
