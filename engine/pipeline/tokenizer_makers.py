# SPDX-License-Identifier: Apache-2.0
"""How what makes a tokenizer is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..config.parameters import parameters_of

LANGUAGE_CODES = ("lang", "language", "code")
"""Names of an argument by which a maker asks for the code of the language, not for the pipeline."""


def call_maker(maker: Callable[[Any], Any], nlp: Any) -> Any:
    """What a maker of tokenizers makes, of the pipeline or of its language's code, as its argument says."""
    parameters = parameters_of(maker)
    first = parameters[0] if parameters else None
    by_code = first is not None and (first.annotation in (str, "str") or first.name in LANGUAGE_CODES)
    return maker(nlp.lang if by_code else nlp)
