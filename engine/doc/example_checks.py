# SPDX-License-Identifier: Apache-2.0
"""Whether what somebody gives as examples is such."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .example import Example


def validate_examples(examples: Iterable[Any], method: str) -> None:
    """Raises: TypeError, which names the method, where something is no list of examples."""
    wrong = [type(example).__name__ for example in examples if not isinstance(example, Example)]
    if wrong:
        raise TypeError(f"expected examples for {method}, got {wrong[0]}; make them by Example.from_dict")


def validate_get_examples(get_examples: Callable[[], Iterable[Example]], method: str) -> None:
    """Raises: TypeError, which names the method, where it is no function that gives examples."""
    if not callable(get_examples):
        raise TypeError(f"expected a function that gives examples for {method}, got {get_examples!r}")
    examples = list(get_examples())
    if not examples:
        raise TypeError(f"expected a function that gives examples for {method}, got one that gives none")
    validate_examples(examples, method)


def validate_distillation_examples(examples: Iterable[Any], method: str) -> None:
    """Raises: TypeError as `validate_examples`; ValueError where the two sides of one have other tokens."""
    known = list(examples)
    validate_examples(known, method)
    if any(example.x.words != example.y.words for example in known):
        raise ValueError(f"expected examples with the same tokens on both sides for {method}")
