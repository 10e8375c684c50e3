# SPDX-License-Identifier: Apache-2.0
"""The component `lemmatizer` of languages whose lemmas are found by rules where a config does not say how."""

from __future__ import annotations

from ..config.factory_arguments import with_defaults
from ..config.registry import registry
from .component import Scorer
from .lemmatizer import Lemmatizer

BY_RULES = ("bn", "ca", "el", "en", "es", "fa", "fr", "ht", "mk", "nb", "nl", "sv")
"""Languages whose mode is `rule` by default, as documented; that of the others is `lookup`."""


@with_defaults(scorer={"@scorers": "freshet.lemmatizer_scorer.v1"})
def make_rule_lemmatizer(
    name: str,
    model: None = None,
    mode: str = "rule",
    overwrite: bool = False,
    scorer: Scorer | None = None,
) -> Lemmatizer:
    """Lemmas by rules, which read parts of speech."""
    return Lemmatizer(name, mode, overwrite, scorer)


for _lang in BY_RULES:
    registry.factories(f"{_lang}.lemmatizer", func=make_rule_lemmatizer)
