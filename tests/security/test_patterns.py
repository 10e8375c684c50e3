# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest

import engine
from engine import EngineError, Language
from engine.regexes import LINEAR, MAX_STEPS, PYTHON, TIMED, PatternTimeoutError, compiled, cost_of, engine_of
from engine.tokenizers import EditableTokenizer, tokenizer_for

RUNAWAY = r"(?:\w|\w\w)+(?<!\w)"
TEXT = "a" * 60


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[a-z]+", PYTHON),
        (r"^\d{4}-\d{2}$", PYTHON),
        ("(?i)foo|bar", PYTHON),
        ("(a+)+b", LINEAR),
        ("(a|a)*c", LINEAR),
        ("a*a*a*b", LINEAR),
        (r"(\d+)+x", TIMED),
        ("(a+)+$", TIMED),
        (r"(a|b)+(?=c)+x", TIMED),
        ("(é+)+x", TIMED),
    ],
)
def test_each_pattern_gets_an_engine_that_ends(pattern: str, expected: str) -> None:
    """Python's own where few steps are possible, RE2 where it means the same, else one with a limit of
    time."""
    assert engine_of(compiled(pattern, "here")) == expected


@pytest.mark.parametrize(
    "pattern", ["(a+)+b", "(a|a)*c", "(?:a|ab)*d", "((x*)*)*y", "(a*)*", "a*a*|b", "(a*a*a*b|c)+"]
)
@pytest.mark.parametrize("text", ["", "aaab", "xxy", "abababd", "caac", "\nb", "é", "a" * 20])
def test_linear_patterns_find_what_python_finds(pattern: str, text: str) -> None:
    """Where RE2 runs a pattern, its matches are those of `re`."""
    ours, truth = compiled(pattern, "here"), re.compile(pattern)
    for name in ("search", "match", "fullmatch"):
        found, expected = getattr(ours, name)(text), getattr(truth, name)(text)
        assert (found and found.span()) == (expected and expected.span()), name
    assert [m.span() for m in ours.finditer(text) if m.group()] == [
        m.span() for m in truth.finditer(text) if m.group()
    ]


def test_a_runaway_pattern_ends_within_its_limit() -> None:
    """What Python's `re` would never end becomes an error that names the pattern; so does the next,
    sooner."""
    pattern = compiled(RUNAWAY, "tokenizer: infix")
    start = time.monotonic()
    with pytest.raises(PatternTimeoutError, match=r"tokenizer: infix: the pattern .* takes longer than 1 s"):
        pattern.search(TEXT)
    assert time.monotonic() - start < 10


def ruler(pattern: str) -> Language:
    """A pipeline with one rule."""
    nlp = engine.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "X", "pattern": [{"TEXT": {"REGEX": pattern}}]}])
    return nlp


def test_a_text_that_runs_into_the_limit_names_component_and_pattern() -> None:
    """A rule's pattern is named with its component, and other texts are annotated before and after."""
    nlp = ruler(RUNAWAY)
    hostile = TEXT
    assert nlp("fine $").text == "fine $"
    with pytest.raises(PatternTimeoutError, match=r"entity_ruler: .*REGEX: the pattern"):
        nlp(hostile)
    assert [doc.text for doc in nlp.pipe(["fine again", "and again"])] == ["fine again", "and again"]
    with pytest.raises(PatternTimeoutError):
        nlp(hostile)


def test_tokenizers_patterns_end_too() -> None:
    """A tokenizer's pattern that runs away is an error of that text alone."""
    rules = replace(tokenizer_for("en").rule_set, infix=RUNAWAY, simple=None)
    tokenizer = EditableTokenizer.of(rules)
    assert len(tokenizer("fine")) == 1
    with pytest.raises(PatternTimeoutError, match="tokenizer: infix"):
        tokenizer(TEXT)
    assert len(tokenizer("fine again")) == 2


def test_costs_are_bounds() -> None:
    """Patterns of words, numbers and alternatives stay with `re`; repeats inside of repeats do not."""
    assert all(cost_of(p) <= MAX_STEPS for p in ("[A-Z]{2,}", r"\w+", "a?b?c", "(?:foo|bar)s?", r"^\w+-\w+$"))
    assert all(cost_of(p) > MAX_STEPS for p in ("(a+)+", "(a*)*b", "(a|ab)*c", "a*a*b", "(a{1,9}){9,}"))


def test_patterns_that_no_engine_bounds_are_refused() -> None:
    """A pattern that Python reads and `regex` does not is refused by name."""
    with pytest.raises((EngineError, re.error)):
        compiled("(a+)+(?", "here")
