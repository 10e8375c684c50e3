# SPDX-License-Identifier: Apache-2.0
"""Tokenizer rules as frozen data: patterns and exceptions, which travel with the pipeline as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from ..errors import TokenizerError
from ..languages import Piece as Piece
from ..regexes import compiled
from .known_patterns import is_known

_VERSION = 1
PATTERNS = ("prefix", "suffix", "infix", "token_match", "url_match", "simple")


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that decides how a language's text is cut; patterns are Python `re` sources, None matches
    nothing.

    `prefix` and `suffix` are searched in what is left of a chunk and cut off round after round; `infix`
    matches become tokens of their own; what `token_match` or `url_match` match at its start stays whole.
    `exceptions` name exact texts and their pieces; `norms` give a norm to exact token texts, `norms_by_id` to
    string ids, which goes before. With `faster_heuristics`, only exceptions that hold a prefix, suffix, infix
    or blank are looked for across tokens at the end. `simple` is a promise that makes new chunks cheap and
    changes nothing: what it matches wholly is one token or, if it has groups, its non-empty groups in order
    (they cover the match), unless an exception is in it.
    """

    lang: str
    prefix: str | None = None
    suffix: str | None = None
    infix: str | None = None
    token_match: str | None = None
    url_match: str | None = None
    exceptions: Mapping[str, tuple[Piece, ...]] = field(default_factory=dict)
    norms: Mapping[str, str] = field(default_factory=dict)
    norms_by_id: Mapping[int, str] = field(default_factory=dict)
    faster_heuristics: bool = True
    simple: str | None = None

    def __post_init__(self) -> None:
        """Refuse exceptions that do not spell their key, and patterns that do not compile."""
        for key, pieces in self.exceptions.items():
            spelt = "".join(text for text, _ in pieces)
            if spelt != key or not key:
                raise TokenizerError(
                    f"expected the pieces of exception {key!r} to spell it, got {spelt!r}; correct the "
                    "exception"
                )
        for name in PATTERNS:
            self.pattern(name)

    def pattern(self, name: str) -> Any:
        """Compiled pattern of that name, by an engine that ends; None where the rules have none.

        Raises: TokenizerError where the source is no regular expression.
        """
        source: str | None = getattr(self, name)
        try:
            if not source:
                return None
            return re.compile(source) if is_known(source) else compiled(source, f"tokenizer: {name}")
        except (re.error, RecursionError, OverflowError) as error:
            raise TokenizerError(
                f"expected {name} to be a Python regular expression, got {source!r}: {error}"
            ) from error

    def to_json(self) -> str:
        """The rules as JSON text; `from_json` gives equal rules back."""
        data = {name: getattr(self, name) for name in ("lang", *PATTERNS, "faster_heuristics")}
        exceptions = {key: [list(piece) for piece in pieces] for key, pieces in self.exceptions.items()}
        data |= {"exceptions": exceptions, "norms": dict(self.norms), "version": _VERSION}
        if self.norms_by_id:
            data["norms_by_id"] = {str(number): norm for number, norm in self.norms_by_id.items()}
        return orjson.dumps(data, option=orjson.OPT_INDENT_2).decode()

    @classmethod
    def from_json(cls, source: str | bytes) -> Rules:
        """Rules from the text that `to_json` wrote.

        Raises: TokenizerError where it is not JSON, of another version, or has other keys.
        """
        data = _read(source)
        try:
            exceptions = {
                key: tuple((text, norm) for text, norm in pieces)
                for key, pieces in data.pop("exceptions").items()
            }
            by_id = {int(number): norm for number, norm in data.pop("norms_by_id", {}).items()}
            return cls(exceptions=exceptions, norms_by_id=by_id, **data)
        except (TypeError, ValueError, AttributeError, LookupError) as error:
            raise TokenizerError(
                f"expected tokenizer rules with the keys of version {_VERSION}, got others: {error}"
            ) from error


def _read(source: str | bytes) -> dict[str, Any]:
    try:
        data = orjson.loads(source)
    except orjson.JSONDecodeError as error:
        raise TokenizerError(f"expected tokenizer rules as JSON, got something else: {error}") from error
    version = data.pop("version", None) if isinstance(data, dict) else None
    if version != _VERSION or "exceptions" not in data:
        raise TokenizerError(
            f"expected tokenizer rules of version {_VERSION}, got version {version!r}; save the pipeline anew"
        )
    return dict(data)
