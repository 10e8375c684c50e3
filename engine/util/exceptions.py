# SPDX-License-Identifier: Apache-2.0
"""Tokenizer exceptions put together, places of slices, words of commands."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from ..vocab.attrs import attribute_name

Exceptions = Mapping[str, Sequence[Mapping[Any, str]]]


def update_exc(base_exceptions: Exceptions, *addition_dicts: Exceptions) -> dict[str, Any]:
    """Tokenizer exceptions with further ones, of which later ones count.

    Raises: ValueError where the tokens of one do not spell it.
    """
    merged: dict[str, Any] = dict(base_exceptions)
    for additions in addition_dicts:
        for text, tokens in additions.items():
            spelled = "".join(
                value for token in tokens for key, value in token.items() if attribute_name(key) == "ORTH"
            )
            if spelled != text:
                raise ValueError(f"expected tokens that spell {text!r}, got {spelled!r}")
        merged.update(additions)
    return expand_exc(merged, "'", "\u2019")


def expand_exc(excs: Exceptions, search: str, replace: str) -> dict[str, Any]:
    """Exceptions, and each again with a text in it replaced."""
    expanded: dict[str, Any] = dict(excs)
    for text, tokens in excs.items():
        if search in text:
            expanded[text.replace(search, replace)] = [
                {
                    key: value.replace(search, replace) if attribute_name(key) == "ORTH" else value
                    for key, value in token.items()
                }
                for token in tokens
            ]
    return expanded


def normalize_slice(
    length: int, start: int | None, stop: int | None, step: int | None = None
) -> tuple[int, int]:
    """First and last place of a slice without step. Raises: ValueError where there is one."""
    if step not in (None, 1):
        raise ValueError(f"expected a slice without a step, got step {step}; take list(...)[...]")
    first, end, _ = slice(start, stop).indices(length)
    return first, max(first, end)


def split_command(command: str) -> list[str]:
    """The words of a command line."""
    return shlex.split(command, posix=os.name != "nt")
