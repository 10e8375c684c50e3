# SPDX-License-Identifier: Apache-2.0
"""Rules over tokens: patterns of attributes, and phrases."""

from __future__ import annotations

from .errors import PatternError
from .fuzzy import FuzzyCompare, levenshtein_compare
from .labelled_patterns import Entry, Found, LabelledPatterns, ReadPhrases, read_lines
from .matcher import AlignedMatch, Match, Matcher, OnMatch, Pattern
from .phrase_matcher import OnPhrase, PhraseMatcher

__all__ = [
    "AlignedMatch",
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
