# SPDX-License-Identifier: Apache-2.0
"""What a language's class says of it (`German.Defaults`): lists that people read, extend and replace."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import asdict
from functools import partial
from typing import Any, ClassVar

from ..doc.noun_chunk_rules import NOUN_CHUNKS, iterator_of
from ..errors import TokenizerError
from ..languages import NAMES, language_data
from ..vocab.flags import FLAGS, Flag, flags_of, is_stop_word
from ..vocab.strings import SYMBOL_IDS
from .affixes import infix_source, prefix_source, suffix_source
from .editable_tokenizer import EditableTokenizer
from .rules import Rules
from .search_functions import source_of
from .special_cases import pieces_of, special_cases_of

_FLAG_NAMES = {SYMBOL_IDS[name]: name for name in FLAGS if name in SYMBOL_IDS}
"""Number of an attribute -> name of the flag."""


class Patterns(list[str]):
    """A list of patterns to which lists and tuples can be added."""

    def __add__(self, other: Iterable[Any]) -> Patterns:  # type: ignore[override]
        return Patterns([*self, *other])

    def __radd__(self, other: Iterable[Any]) -> Patterns:
        return Patterns([*other, *self])


class BaseDefaults:
    """What holds for any language; a class for a language of one's own may inherit it and say less.

    `base` is the language whose norms and short cuts hold while nothing else is said here.
    """

    base: ClassVar[str] = "xx"
    config: ClassVar[Mapping[str, Any]] = {}
    tokenizer_exceptions: Mapping[str, Sequence[Mapping[Any, str]]] = {}
    prefixes: Sequence[str] | None = Patterns(language_data("xx").prefixes)
    suffixes: Sequence[str] | None = Patterns(language_data("xx").suffixes)
    infixes: Sequence[str] | None = Patterns(language_data("xx").infixes)
    token_match: Callable[[str], Any] | None = None
    url_match: Callable[[str], Any] | None = staticmethod(
        re.compile(language_data("xx").url_match or "").match
    )
    syntax_iterators: Mapping[str, Callable[..., Any]] = {}
    lex_attr_getters: Mapping[Any, Callable[[str], Any]] = {}
    stop_words: set[str] = set()  # noqa: RUF012  # people add to it, as documented
    writing_system: Mapping[str, Any] = asdict(language_data("xx").writing_system)


def defaults_of(lang: str) -> type[BaseDefaults]:
    """A new class with what is known of a language; nobody else sees what is changed in it."""
    data = language_data(lang)
    flags = flags_of(lang)
    members: dict[str, Any] = {
        "base": lang,
        "tokenizer_exceptions": special_cases_of(data.exceptions),
        "prefixes": Patterns(data.prefixes),
        "suffixes": Patterns(data.suffixes),
        "infixes": Patterns(data.infixes),
        "token_match": _method(data.token_match),
        "url_match": _method(data.url_match),
        "syntax_iterators": {"noun_chunks": iterator_of(lang)} if lang in NOUN_CHUNKS else {},
        "lex_attr_getters": {
            number: flags[name] for number, name in _FLAG_NAMES.items() if name != "IS_STOP"
        },
        "stop_words": set(data.stop_words),
        "writing_system": asdict(data.writing_system),
    }
    return type(f"{NAMES.get(lang, lang.title())}Defaults", (BaseDefaults,), members)


def copied_defaults(defaults: type[BaseDefaults]) -> type[BaseDefaults]:
    """A class that says the same, with lists and sets of its own."""
    members = {
        name: copy(value)
        for name in vars(BaseDefaults)
        if not name.startswith("__") and isinstance(value := getattr(defaults, name), list | set | dict)
    }
    return type(defaults.__name__, (defaults,), members)


def tokenizer_of(defaults: type[BaseDefaults], lang: str, vocab: Any = None) -> EditableTokenizer:
    """A tokenizer by what a language's class says. Raises: TokenizerError where it says nonsense."""
    tokenizer = EditableTokenizer.of(
        rules_of_defaults(defaults, lang), vocab, flags=flags_of_defaults(defaults)
    )
    for name in ("token_match", "url_match"):
        function = getattr(defaults, name, None)
        if function is not None and getattr(tokenizer, name) is None:
            setattr(tokenizer, name, function)
    return tokenizer


def rules_of_defaults(defaults: type[BaseDefaults], lang: str) -> Rules:
    """The rules that a language's class says, in their quickest form where they are as its language has
    them."""
    data = language_data(defaults.base)
    exceptions = {
        text: pieces_of(text, tokens) for text, tokens in (defaults.tokenizer_exceptions or {}).items()
    }
    said: dict[str, Any] = {
        "prefix": prefix_source(defaults.prefixes or ()),
        "suffix": suffix_source(defaults.suffixes or ()),
        "infix": infix_source(defaults.infixes or ()),
        "token_match": _source(defaults.token_match),
        "url_match": _source(defaults.url_match),
    }
    own = {
        "prefix": prefix_source(data.prefixes),
        "suffix": suffix_source(data.suffixes),
        "infix": infix_source(data.infixes),
        "token_match": data.token_match,
        "url_match": data.url_match,
    }
    simple = data.simple if said == own and exceptions == dict(data.exceptions) else None
    return Rules(lang, **said, exceptions=exceptions, norms=data.norms, simple=simple)


def flags_of_defaults(defaults: type[BaseDefaults]) -> dict[str, Flag]:
    """What the yes-or-no features mean where a language's class says it.

    Raises: TokenizerError where it says it of a feature that is no flag.
    """
    flags: dict[str, Flag] = {"IS_STOP": partial(is_stop_word, defaults.stop_words)}
    for key, getter in (defaults.lex_attr_getters or {}).items():
        number = SYMBOL_IDS.get(key, key) if isinstance(key, str) else key
        if number not in _FLAG_NAMES:
            raise TokenizerError(
                f"expected lex_attr_getters of flags, got {key!r}; there are: "
                f"{', '.join(_FLAG_NAMES.values())}"
            )
        if _FLAG_NAMES[number] != "IS_STOP":
            flags[_FLAG_NAMES[number]] = _as_flag(getter)
    return flags


def _as_flag(getter: Callable[[str], Any]) -> Flag:
    def flag(text: str) -> bool:
        return bool(getter(text))

    return flag


def _method(source: str | None) -> Any:
    return None if source is None else staticmethod(re.compile(source).match)


def _source(function: Callable[[str], Any] | None) -> str | None:
    return None if function is None else source_of("token_match", function)
