# SPDX-License-Identifier: Apache-2.0
"""The rule tokenizer as the documentation shows it: rules can be read, changed and explained one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from ..doc.doc import Doc
from ..vocab.vocab import vocab_of
from .explanation import explain
from .rule_bytes import rules_from_bytes, rules_to_bytes
from .rule_tokenizer import RuleTokenizer
from .rules import Rules
from .search_functions import METHODS, source_of
from .special_cases import SpecialCases, pieces_of, special_cases_of

Search = Callable[[str], Any]


class EditableTokenizer(RuleTokenizer):
    """Cuts texts by rules that may change while it is used: `spacy.tokenizer.Tokenizer`.

    Whoever changes a rule gets the same compiled loops; only chunks that were not seen before are cut more
    slowly than by a language's own rules, for these come with a short cut that changed rules lose. A
    pattern's method (`re.compile(...).search`) is saved with the pipeline; any other function works, and is
    refused when it is to be saved.

    >>> tokenizer = EditableTokenizer.of(Rules("en", suffix="[.!]$"))
    >>> tokenizer.add_special_case("gimme", [{"ORTH": "gim"}, {"ORTH": "me"}])
    >>> [token.text for token in tokenizer("gimme that!")]
    ['gim', 'me', 'that', '!']
    """

    def __init__(
        self,
        vocab: Any = None,
        rules: SpecialCases | None = None,
        prefix_search: Search | None = None,
        suffix_search: Search | None = None,
        infix_finditer: Search | None = None,
        token_match: Search | None = None,
        url_match: Search | None = None,
        faster_heuristics: bool = True,
        max_cache_size: int = 40_000,
    ) -> None:
        exceptions = {text: pieces_of(text, tokens) for text, tokens in (rules or {}).items()}
        lang = str(getattr(vocab, "lang", "") or "")
        super().__init__(
            Rules(lang, exceptions=exceptions, faster_heuristics=faster_heuristics),
            max_lexemes=max_cache_size,
        )
        self._show_in(vocab)
        functions = {
            "prefix": prefix_search,
            "suffix": suffix_search,
            "infix": infix_finditer,
            "token_match": token_match,
            "url_match": url_match,
        }
        for rule, function in functions.items():
            self._set(rule, function)

    @classmethod
    def of(cls, rules: Rules, vocab: Any = None, **options: Any) -> EditableTokenizer:
        """A tokenizer by whole rules; options as those of `RuleTokenizer`."""
        self = cls.__new__(cls)
        RuleTokenizer.__init__(self, rules, **options)
        self._show_in(vocab)
        return self

    @classmethod
    def from_json(cls, source: str | bytes) -> EditableTokenizer:
        """A tokenizer from the rules that `to_json` wrote."""
        return cls.of(Rules.from_json(source))

    def __reduce__(self) -> tuple[Any, ...]:
        """Its rules, for copies and other processes."""
        self._refuse_functions()
        return _of_rules, (type(self), self.rule_set)

    @property
    def vocab(self) -> Any:
        """The vocabulary of its documents."""
        return vocab_of(self.lexemes)

    # --- rules, one by one

    @property
    def rules(self) -> dict[str, list[dict[int, str]]]:
        """The special cases, by text: a copy; assign one to change them."""
        return special_cases_of(self.rule_set.exceptions)

    @rules.setter
    def rules(self, cases: SpecialCases) -> None:
        exceptions = {text: pieces_of(text, tokens) for text, tokens in (cases or {}).items()}
        self._replace(exceptions=exceptions)

    def add_special_case(self, string: str, substrings: Iterable[Mapping[Any, str]]) -> None:
        """Cut this exact text into these tokens, wherever affixes leave it alone.

        Raises: SpecialCaseError, a ValueError, where the tokens do not spell the text or have other
        attributes than ORTH and NORM.
        """
        pieces = pieces_of(string, substrings)
        self._replace(exceptions={**self.rule_set.exceptions, string: pieces})

    def add_norms(self, norms: Mapping[int, str]) -> None:
        """Give words, by the ids of their texts, other norms from now on."""
        self._replace(norms_by_id={**self.rule_set.norms_by_id, **norms})

    @property
    def prefix_search(self) -> Search | None:
        """What finds a prefix: a function of a text that gives a match at its beginning, or None."""
        return self._get("prefix")

    @prefix_search.setter
    def prefix_search(self, function: Search | None) -> None:
        self._set("prefix", function)

    @property
    def suffix_search(self) -> Search | None:
        """What finds a suffix: a function of a text that gives a match at its end, or None."""
        return self._get("suffix")

    @suffix_search.setter
    def suffix_search(self, function: Search | None) -> None:
        self._set("suffix", function)

    @property
    def infix_finditer(self) -> Search | None:
        """What finds infixes: a function of a text that gives matches."""
        return self._get("infix")

    @infix_finditer.setter
    def infix_finditer(self, function: Search | None) -> None:
        self._set("infix", function)

    @property
    def token_match(self) -> Search | None:
        """What says that a text is one token, before affixes are looked for."""
        return self._get("token_match")

    @token_match.setter
    def token_match(self, function: Search | None) -> None:
        self._set("token_match", function)

    @property
    def url_match(self) -> Search | None:
        """What says that a text is one token, after affixes are cut off."""
        return self._get("url_match")

    @url_match.setter
    def url_match(self, function: Search | None) -> None:
        self._set("url_match", function)

    @property
    def faster_heuristics(self) -> bool:
        """Whether only special cases with an affix or a blank in them are looked for across tokens."""
        return self.rule_set.faster_heuristics

    @faster_heuristics.setter
    def faster_heuristics(self, value: bool) -> None:
        self._replace(faster_heuristics=bool(value))

    @property
    def max_cache_size(self) -> int:
        """How many different words are kept."""
        return self.max_lexemes

    @max_cache_size.setter
    def max_cache_size(self, value: int) -> None:
        self.max_lexemes = int(value)

    # --- what the rules do

    def find_prefix(self, string: str) -> int:
        """How many characters the prefix rule takes at the beginning; 0 for none."""
        return self.splitter.prefix_length(string)

    def find_suffix(self, string: str) -> int:
        """How many characters the suffix rule takes at the end; 0 for none."""
        return self.splitter.suffix_length(string)

    def find_infix(self, string: str) -> list[Any]:
        """The matches of the infix rule."""
        return list(self.splitter.infix_matches(string))

    def explain(self, text: str) -> list[tuple[str, str]]:
        """The rule that made each token, and the token; white space is left out."""
        return explain(self.splitter, text)

    def pipe(self, texts: Iterable[str], batch_size: int = 1000) -> Iterator[Doc]:
        """Documents of a stream of texts."""
        stream = iter(texts)
        while part := list(islice(stream, batch_size)):
            batch = self.tokenize(part)
            yield from (Doc(batch, index) for index in range(batch.n_docs))

    # --- files

    def to_bytes(self, *, exclude: Sequence[str] = ()) -> bytes:
        """The rules as bytes, in spaCy's form. Raises: TokenizerError where one of them is a function."""
        self._refuse_functions()
        return rules_to_bytes(self.rule_set, exclude)

    def from_bytes(self, bytes_data: bytes, *, exclude: Sequence[str] = ()) -> EditableTokenizer:
        """Take over rules that `to_bytes` wrote, or spaCy. Raises: TokenizerError where it is something
        else."""
        self.change(rules_from_bytes(bytes_data, self.rule_set, exclude))
        return self

    def to_disk(self, path: str | Path, *, exclude: Sequence[str] = ()) -> None:
        """Write the bytes to a file."""
        Path(path).write_bytes(self.to_bytes(exclude=exclude))

    def from_disk(self, path: str | Path, *, exclude: Sequence[str] = ()) -> EditableTokenizer:
        """Take over the rules of a file."""
        return self.from_bytes(Path(path).read_bytes(), exclude=exclude)

    def _show_in(self, vocab: Any) -> None:
        """Let documents have this vocabulary, and what was set of its words."""
        if vocab is not None:
            line = self.lexemes.line
            line.vocab = vocab
            line.flags.update(vocab.lexemes.line.flags)

    def _get(self, rule: str) -> Search | None:
        if rule in self._functions:
            return self._functions[rule]
        pattern: re.Pattern[str] | None = self.rule_set.pattern(rule)
        return None if pattern is None else getattr(pattern, METHODS[rule][1])

    def _set(self, rule: str, function: Search | None) -> None:
        source = None if function is None else source_of(rule, function)
        functions = {name: known for name, known in self._functions.items() if name != rule}
        if function is not None and source is None:
            functions[rule] = function
        changes: dict[str, Any] = {rule: source, "simple": None}
        self.change(replace(self.rule_set, **changes), functions)

    def _replace(self, **changes: Any) -> None:
        self.change(replace(self.rule_set, **changes), self._functions)


def _of_rules(kind: type[EditableTokenizer], rules: Rules) -> EditableTokenizer:
    return kind.of(rules)
