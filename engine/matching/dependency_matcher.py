# SPDX-License-Identifier: Apache-2.0
"""Finding trees: tokens by their attributes and by how they stand to each other in the dependency tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..doc.doc import Doc
from ..doc.span import Span
from ..doc.tree import Tree
from ..vocab import Vocab
from .attributes import TokenValues
from .automaton import Automaton
from .errors import PatternError
from .fuzzy import levenshtein_compare
from .matcher import extent, named
from .patterns import PatternReader
from .rule_keys import RuleKeys
from .tree_relations import RELATIONS, Relation

TreeMatch: TypeAlias = tuple[int, list[int]]
TreePattern: TypeAlias = Sequence[Mapping[str, Any]]
OnTree: TypeAlias = Callable[["DependencyMatcher", Doc, int, list[TreeMatch]], Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    """One token of a pattern: its condition as an automaton, and how it stands to an earlier one."""

    condition: Automaton
    left: int
    relation: Relation | None


@dataclass(slots=True, eq=False)
class _Rule:
    patterns: list[TreePattern]
    nodes: list[list[_Node]]
    on_match: OnTree | None


class DependencyMatcher:
    """Finds tokens by patterns of the dependency tree.

    A pattern is a list of maps: the first with `RIGHT_ID` and `RIGHT_ATTRS`, each further one with `LEFT_ID`,
    an earlier token, and `REL_OP` besides. Matching is safe from several threads at once.

    >>> from engine.vocab import Vocab
    >>> doc = Doc(Vocab(), words=["She", "sings"], heads=[1, 1], deps=["nsubj", "ROOT"])
    >>> matcher = DependencyMatcher(doc.vocab)
    >>> verb = {"RIGHT_ID": "verb", "RIGHT_ATTRS": {"DEP": "ROOT"}}
    >>> who = {"LEFT_ID": "verb", "REL_OP": ">", "RIGHT_ID": "who", "RIGHT_ATTRS": {"DEP": "nsubj"}}
    >>> matcher.add("WHO", [[verb, who]])
    >>> [tokens for _, tokens in matcher(doc)]
    [[1, 0]]
    """

    def __init__(self, vocab: Vocab | None = None, *, validate: bool = True) -> None:
        self.vocab = vocab
        self._reader = PatternReader(levenshtein_compare)
        self._keys = RuleKeys()
        self._rules: dict[int, _Rule] = {}

    def __len__(self) -> int:
        """Number of keys."""
        return len(self._rules)

    def __contains__(self, key: str | int) -> bool:
        """Whether there is a rule of that key."""
        return self._keys.id_of(key) in self._rules

    def has_key(self, key: str | int) -> bool:
        """Whether there is a rule of that key."""
        return key in self

    def add(self, key: str | int, patterns: Sequence[TreePattern], *, on_match: OnTree | None = None) -> None:
        """Add patterns to a key; its callback is that of the last call.

        Raises: PatternError, which says where a pattern is wrong and what exists.
        """
        if not isinstance(patterns, list | tuple) or any(isinstance(part, Mapping) for part in patterns):
            raise PatternError(
                f"expected a list of patterns for {key!r}, each a list of maps, got {patterns!r}; put a "
                "single one in a list"
            )
        nodes = [self._nodes(f"pattern {i} of {key!r}", pattern) for i, pattern in enumerate(patterns)]
        number = self._keys.add(named(key, self.vocab))
        known = self._rules.get(number)
        self._rules[number] = _Rule(
            [*(known.patterns if known else ()), *patterns],
            [*(known.nodes if known else ()), *nodes],
            on_match,
        )

    def remove(self, key: str | int) -> None:
        """Remove a key and its patterns. Raises: PatternError where there is none."""
        number = self._keys.id_of(key)
        if number not in self._rules:
            raise self._keys.unknown(key, list(self._rules))
        del self._rules[number]

    def get(self, key: str | int, default: Any = None) -> Any:
        """Callback and patterns of a key, `default` where there is none."""
        rule = self._rules.get(self._keys.id_of(key))
        return default if rule is None else (rule.on_match, rule.patterns)

    def __call__(self, doclike: Doc | Span) -> list[TreeMatch]:
        """Matches as `(id of the key, positions of the tokens in the order of the pattern)`, positions within
        what was given; callbacks are called at the end.

        Raises: PatternError where nobody set a tree.
        """
        doc, start, end = extent(doclike)
        if end > start and not doc.has("heads"):
            raise PatternError(
                "expected documents with a dependency tree, got one without; add a parser to the pipeline"
            )
        values = TokenValues(doc.batch, doc.start_row + start, doc.start_row + end)
        matches = [
            (key, tokens)
            for key, rule in self._rules.items()
            for nodes in rule.nodes
            for tokens in _find(nodes, values, doc.tree, start)
        ]
        for i, (key, _) in enumerate(matches):
            on_match = self._rules[key].on_match
            if on_match is not None:
                on_match(self, doc, i, matches)
        return matches

    def _nodes(self, where: str, pattern: object) -> list[_Node]:
        if not isinstance(pattern, Sequence) or isinstance(pattern, str) or not pattern:
            raise PatternError(f"{where}: expected a list of maps, at least one, got {pattern!r}")
        places: dict[str, int] = {}
        nodes = []
        for i, entry in enumerate(pattern):
            left, relation = _relation(f"{where}, token {i}", entry, places, first=i == 0)
            if entry["RIGHT_ID"] in places:
                raise PatternError(
                    f"{where}, token {i}: expected a new RIGHT_ID, got {entry['RIGHT_ID']!r} again"
                )
            places[entry["RIGHT_ID"]] = i
            attributes = entry["RIGHT_ATTRS"]
            if isinstance(attributes, Mapping) and "OP" in {str(key).upper() for key in attributes}:
                raise PatternError(
                    f"{where}, token {i}: expected no OP, which trees do not have, got {attributes!r}"
                )
            steps = self._reader.steps(where, i, [attributes])
            nodes.append(_Node(Automaton([(0, steps)]), left, relation))
        return nodes


def _relation(
    where: str, entry: Any, places: Mapping[str, int], *, first: bool
) -> tuple[int, Relation | None]:
    """Which earlier token a token stands to, and how."""
    wanted = ("RIGHT_ID", "RIGHT_ATTRS") if first else ("LEFT_ID", "REL_OP", "RIGHT_ID", "RIGHT_ATTRS")
    if not isinstance(entry, Mapping) or set(entry) != set(wanted):
        raise PatternError(f"{where}: expected a map with {', '.join(wanted)}, got {entry!r}")
    if first:
        return -1, None
    if entry["LEFT_ID"] not in places:
        raise PatternError(
            f"{where}: expected the RIGHT_ID of an earlier token as LEFT_ID, got {entry['LEFT_ID']!r}; there "
            f"are: {', '.join(places)}"
        )
    if entry["REL_OP"] not in RELATIONS:
        raise PatternError(
            f"{where}: expected a REL_OP, got {entry['REL_OP']!r}; there are: {' '.join(RELATIONS)}"
        )
    return places[entry["LEFT_ID"]], RELATIONS[entry["REL_OP"]]


def _find(nodes: Sequence[_Node], values: TokenValues, tree: Tree, start: int) -> Iterator[list[int]]:
    """Positions of the tokens of each match, in the order of the pattern."""
    candidates = [_tokens(node.condition, values) for node in nodes]

    def grow(tokens: list[int]) -> Iterator[list[int]]:
        if len(tokens) == len(nodes):
            yield tokens
            return
        node = nodes[len(tokens)]
        for token in candidates[len(tokens)]:
            holds = node.relation is None or node.relation(tree, tokens[node.left] + start, token + start)
            if holds:
                yield from grow([*tokens, token])

    return grow([])


def _tokens(condition: Automaton, values: TokenValues) -> list[int]:
    """Tokens that fulfil a condition, by position."""
    positions = condition.passed(values)
    return [int(i) for i in positions]
