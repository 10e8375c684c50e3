# SPDX-License-Identifier: Apache-2.0
"""Base noun phrases of each language that has a rule for them: from the labels of its pipelines' trees.

The rules were found by comparing with spaCy's answers on 1,500 random trees a language, and are counted on
the same ones: none differs, but 21 of Danish, 34 of Latin, 4 of Japanese and 1 of Italian.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from ..errors import DocError
from .noun_chunks import CONJUNCT, ENGLISH_ROLES, NOMINAL, first_conjunct, noun_chunks
from .tree import Tree

Labels = Sequence[str]
ChunkRule = Callable[[Tree, Labels, Labels], Iterator[tuple[int, int]]]
"""Tree, parts of speech, labels of arcs -> phrases as `(start, end)`."""

LABEL = "NP"

_UD = frozenset(("ROOT", "appos", "nmod", "nsubj", "nsubj:pass", "obj"))
_NORTHERN = _UD | {"iobj", "nmod:poss"}
_ROMANCE = _UD | {"obl", "pcomp"}
_GREEK = frozenset(("ROOT", "appos", "iobj", "nsubj", "obj", "obl"))
_JAPANESE = frozenset(("ROOT", "appos", "attr", "dative", "nmod", "nsubj", "nsubjpass", "obl", "pcomp"))
_GERMAN = frozenset(("ROOT", "ag", "app", "cj", "da", "mo", "nk", "oa", "og", "pd", "root", "sb"))
_DUTCH = frozenset(("amod", "det", "det:poss", "nmod:poss"))
_DANISH = frozenset(("amod", "appos", "det", "fixed", "flat", "goeswith", "nmod:poss", "nummod"))
_JOINED = frozenset(("compound", "fixed", "flat"))
"""Right children of a noun that belong to its phrase, with all that follows them there."""


class NoNounChunksError(DocError, NotImplementedError):
    """A language that has no rule for noun phrases."""


def rule_of(lang: str) -> ChunkRule:
    """The rule of a language. Raises: NoNounChunksError, a NotImplementedError, where it has none."""
    if lang not in NOUN_CHUNKS:
        raise NoNounChunksError(
            f"expected a language with a rule for noun_chunks, got {lang!r}; there are "
            f"{', '.join(NOUN_CHUNKS)}. Give one as vocab.get_noun_chunks, or in the language's "
            "Defaults.syntax_iterators"
        )
    return NOUN_CHUNKS[lang]


def iterator_of(lang: str) -> Callable[[Any], Iterator[tuple[int, int, str]]]:
    """The rule of a language as a function of a document or span: `(start, end, label)` of each phrase."""
    return partial(_of_doclike, rule_of(lang))


def _of_doclike(rule: ChunkRule, doclike: Any) -> Iterator[tuple[int, int, str]]:
    doc = getattr(doclike, "doc", doclike)
    first, last = getattr(doclike, "start", 0), getattr(doclike, "end", len(doc))
    for start, end in rule(doc.tree, doc.pos_tags, doc.deps):
        if first <= start and end <= last:
            yield start, end, LABEL


def whole_subtrees(
    roles: Collection[str], tree: Tree, pos: Labels, deps: Labels
) -> Iterator[tuple[int, int]]:
    """A nominal in one of the roles with all its descendants, as in Scandinavian and Malay languages."""
    covered = -1
    for i, part in enumerate(pos):
        if part in NOMINAL and tree.left_edges[i] > covered and _has_role(i, tree, deps, roles):
            covered = tree.right_edges[i]
            yield tree.left_edges[i], covered + 1


def greek(tree: Tree, pos: Labels, deps: Labels) -> Iterator[tuple[int, int]]:
    """As English, and a noun's first modifying noun after it belongs to the phrase."""
    covered = -1
    for i, part in enumerate(pos):
        if part not in NOMINAL or tree.left_edges[i] <= covered or not _has_role(i, tree, deps, _GREEK):
            continue
        after = (child for child in _right(tree, i) if deps[child] == "nmod")
        covered = next(after, i) if part == "NOUN" and deps[i] != CONJUNCT else i
        yield tree.left_edges[i], covered + 1


def japanese(tree: Tree, pos: Labels, deps: Labels) -> Iterator[tuple[int, int]]:
    """What stands before the noun and behind the last phrase's descendants."""
    covered = -1
    for i, part in enumerate(pos):
        if part in NOMINAL and i > covered and deps[i] in _JAPANESE:
            start, covered = max(tree.left_edges[i], covered + 1), tree.right_edges[i]
            yield start, i + 1


def german(tree: Tree, pos: Labels, deps: Labels) -> Iterator[tuple[int, int]]:
    """What stands before the noun, and names that hang on it after it ("Herr Müller")."""
    covered = -1
    for i, part in enumerate(pos):
        if part not in NOMINAL or tree.left_edges[i] <= covered or deps[i] not in _GERMAN:
            continue
        names = [c for c in _right(tree, i) if deps[c] == "nk" and pos[c] in ("NOUN", "PROPN")]
        covered = max(names, default=i)
        yield tree.left_edges[i], covered + 1


def romance(
    roles: Collection[str], joined: Collection[str], determiners: Collection[str],
    tree: Tree, pos: Labels, deps: Labels,
) -> Iterator[tuple[int, int]]:  # fmt: skip
    """What stands before the noun but a preposition, and an adjective or parts of a name after it; a conjunct
    begins after its conjunction."""
    covered = -1
    for i, part in enumerate(pos):
        if part not in NOMINAL or tree.left_edges[i] <= covered or not _has_role(i, tree, deps, roles):
            continue
        start, covered, after = tree.left_edges[i], i, _right(tree, i)
        first = after[0] if after and deps[i] != CONJUNCT else None
        if first is not None and deps[first] in joined:
            covered = tree.right_edges[i]
        elif first is not None and (
            deps[first] == "amod" or (deps[first] in determiners and pos[first] == "DET")
        ):
            covered = tree.right_edges[first]
        link = "CCONJ" if deps[i] == CONJUNCT else "ADP"
        start += start < i and pos[start] == link
        yield start, covered + 1


def dutch(tree: Tree, pos: Labels, deps: Labels) -> Iterator[tuple[int, int]]:
    """A noun that is no predicate with its determiners, adjectives and possessors; pronouns that are
    subjects."""
    covered = -1
    for i, part in enumerate(pos):
        start = end = i
        if part == "NOUN" and not any(deps[child] == "nsubj" for child in tree.children[i]):
            start, end = _bounds(tree, i, deps, _DUTCH)
        elif part != "PRON" or deps[i] not in ("nsubj", "nsubj:pass"):
            continue
        if start > covered:
            covered = end
            yield start, end + 1


def danish(
    before: Collection[str], after: Collection[str], tree: Tree, pos: Labels, deps: Labels
) -> Iterator[tuple[int, int]]:
    """A nominal in any role with its modifiers, those of the last one after it too, but for verbs."""
    covered = -1
    for i, part in enumerate(pos):
        if part not in NOMINAL:
            continue
        start, end = next((c for c in tree.children[i] if c < i and deps[c] in before), i), i
        while last := [child for child in _right(tree, end) if deps[child] in after]:
            end = last[-1]
        if start > covered:
            covered = end
            yield start, end + 1


def _has_role(token: int, tree: Tree, deps: Labels, roles: Collection[str]) -> bool:
    return deps[token] in roles or deps[first_conjunct(token, tree, deps)] in roles


def _right(tree: Tree, token: int) -> list[int]:
    return [child for child in tree.children[token] if child > token]


def _bounds(tree: Tree, token: int, deps: Labels, labels: Collection[str]) -> tuple[int, int]:
    """The first child before a token and the last one after it that have one of these labels."""
    children = [child for child in tree.children[token] if deps[child] in labels]
    return min((token, *children)), max((token, *children))


NOUN_CHUNKS: Mapping[str, ChunkRule] = {
    "da": partial(danish, _DANISH, _DANISH - {"det"}),
    "de": german,
    "el": greek,
    "en": partial(noun_chunks, roles=ENGLISH_ROLES),
    "es": partial(romance, _ROMANCE, _JOINED, ()),
    "fa": partial(noun_chunks, roles=ENGLISH_ROLES - {"oprd"}),
    "fr": partial(
        romance,
        _ROMANCE | {"obl:agent", "obl:arg", "obl:mod"},
        _JOINED | {"flat:foreign", "flat:name"},
        ("det",),
    ),
    "id": partial(whole_subtrees, _NORTHERN),
    "it": partial(romance, _ROMANCE | {"obl:agent"}, _JOINED | {"flat:name"}, ("det", "det:poss")),
    "ja": japanese,
    "la": partial(danish, _DANISH, _DANISH | {"nmod"}),
    "ms": partial(whole_subtrees, _NORTHERN),
    "nb": partial(whole_subtrees, _NORTHERN),
    "nl": dutch,
    "nn": partial(whole_subtrees, _NORTHERN),
    "pt": partial(romance, _ROMANCE | {"obl:agent"}, _JOINED | {"flat:name"}, ("det",)),
    "sv": partial(whole_subtrees, _NORTHERN | {"dobj"}),
}
"""Language -> its rule."""
