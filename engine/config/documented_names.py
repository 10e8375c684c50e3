# SPDX-License-Identifier: Apache-2.0
"""Names as the documentation of public configs has them: what is written into configs, so that they can be
read elsewhere too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from .aliases import ALIASES


@cache
def documented(namespace: str, name: str) -> str:
    """The public name of a function of ours, its highest version; a name that has none comes back as it is.

    >>> documented("architectures", "freshet.Tok2Vec.v1")
    'spacy.Tok2Vec.v2'
    """
    public = [alias for alias, target in ALIASES.get(namespace, {}).items() if target == name]
    bare = name.split(".")[1] if "." in name else name
    if not public:
        return name
    return max(public, key=lambda alias: (f".{bare}." in alias, alias.startswith("spacy."), _version(alias)))


def with_documented_names(value: Any) -> Any:
    """A copy of a config's value in which every block goes by its public name."""
    if isinstance(value, list | tuple):
        return [with_documented_names(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {
        key: documented(key[1:], item)
        if isinstance(key, str) and key.startswith("@") and isinstance(item, str)
        else with_documented_names(item)
        for key, item in value.items()
    }


def _version(name: str) -> int:
    found = re.search(r"\.v(\d+)$", name)
    return int(found[1]) if found else 0
