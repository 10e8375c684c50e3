# SPDX-License-Identifier: Apache-2.0
"""Rules over tokens: patterns of attributes, and phrases.

- `matcher`: patterns of tokens' attributes
- `patterns`: what users write, checked and taken apart into steps
- `attributes`: names of attributes in patterns, and their values over a batch
- `predicates`: conditions that are more than equality; `fuzzy`: texts that are nearly the same
- `own_attributes`: conditions on attributes of one's own (`token._`)
- `dependency_matcher`: patterns of the dependency tree; `tree_relations`: its operators
- `automaton`: all patterns of a matcher as arrays, and the loop that runs them
- `phrase_matcher`: long lists of phrases; `phrase_trie`: these as a trie, and the loop that finds them
- `labelled_patterns`: patterns and phrases with labels, as rulers have them
- `rule_keys`: names of rules and their numbers
- `errors`: what is refused
"""

from __future__ import annotations

from .dependency_matcher import DependencyMatcher
from .errors import PatternError
from .fuzzy import FuzzyCompare, levenshtein_compare
from .labelled_patterns import Entry, Found, LabelledPatterns, ReadPhrases, read_lines
from .matcher import AlignedMatch, Match, Matcher, OnMatch, Pattern
from .phrase_matcher import OnPhrase, PhraseMatcher

__all__ = [
    "AlignedMatch",
    "DependencyMatcher",
    "Entry",
    "Found",
    "FuzzyCompare",
    "LabelledPatterns",
    "Match",
    "Matcher",
    "OnMatch",
    "OnPhrase",
    "Pattern",
    "PatternError",
    "PhraseMatcher",
    "ReadPhrases",
    "levenshtein_compare",
    "read_lines",
]
