# SPDX-License-Identifier: Apache-2.0
"""Which rule made each token of a text: for people who change rules."""

from __future__ import annotations

from collections.abc import Iterator

from .splitter import Splitter, chunks

Explained = tuple[str, str]
"""Name of a rule (`PREFIX`, `SUFFIX`, `INFIX`, `TOKEN`, `TOKEN_MATCH`, `URL_MATCH`, `SPECIAL-1`), token."""


def explain(splitter: Splitter, text: str) -> list[Explained]:
    """The tokens of a text, white space left out, each with the rule that made it."""
    labels = {(start, start + len(token)): name for start, name, token in _first_pass(splitter, text)}
    out: list[Explained] = []
    at, spelt, number = 0, "", 0
    for token, _, space in splitter.tokens(text):
        name = labels.get((at, at + len(token)))
        if name is None:  # an exception over several tokens
            number, spelt = number + 1, spelt + token
            name = f"SPECIAL-{number}"
        if spelt.rstrip() in splitter.rules.exceptions or not name.startswith("SPECIAL"):
            number, spelt = 0, ""
        spelt += " " * (space and bool(spelt))
        at += len(token) + space
        if not token.isspace():
            out.append((name, token))
    return out


def _first_pass(splitter: Splitter, text: str) -> Iterator[tuple[int, str, str]]:
    """Place, rule and text of the tokens, before exceptions are looked for across them."""
    for start, end, _ in chunks(text):
        for name, token in _of_chunk(splitter, text[start:end]):
            yield start, name, token
            start += len(token)


def _of_chunk(splitter: Splitter, chunk: str) -> Iterator[Explained]:
    exceptions = splitter.rules.exceptions
    if chunk in exceptions:
        yield from _special(splitter, chunk)
        return
    prefixes, middle, suffixes = splitter.affixes(chunk)
    yield from (("PREFIX", prefix) for prefix in prefixes)
    if middle in exceptions:
        yield from _special(splitter, middle)
    elif middle:
        yield from splitter.named_infixes(middle)
    yield from (("SUFFIX", suffix) for suffix in reversed(suffixes))


def _special(splitter: Splitter, text: str) -> Iterator[Explained]:
    pieces = enumerate(splitter.rules.exceptions[text], start=1)
    return ((f"SPECIAL-{number}", piece) for number, (piece, _) in pieces)
