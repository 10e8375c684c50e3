# SPDX-License-Identifier: Apache-2.0
"""Norms that hold in every language."""

from __future__ import annotations

from collections.abc import Mapping


def _base_norms() -> dict[str, str]:
    """Quotes, full-width marks, dashes and currencies fold to their ASCII look."""
    groups = {
        "'s": ["'s", "'S", "\u2019s", "\u2019S"],
        "'": ["\u2019", "\u2018", "\u00b4", "`"],
        '"': [
            "\u201d",
            "\u201c",
            "''",
            "``",
            "\u00b4\u00b4",
            "\u201e",
            "\u00bb",
            "\u00ab",
            "\u2018\u2018",
            "\u2019\u2019",
        ],
        "?": ["\uff1f"],
        "!": ["\uff01"],
        ",": ["\uff0c"],
        ";": ["\uff1b"],
        ":": ["\uff1a"],
        ".": ["\u3002", "\u0964"],
        "...": ["\u2026"],
        "-": ["\u2014", "\u2013", "--", "---", "\u2014\u2014"],
        "$": [
            *"\u20ac\u00a3\u00a5\u0e3f\u20ba\u20b9\u09f3\u20a9\u20a3",
            "US$",
            "C$",
            "A$",
            "Mex$",
            "E\u00a3",
        ],
    }
    return {text: norm for norm, texts in groups.items() for text in texts}


BASE_NORMS: Mapping[str, str] = _base_norms()
"""Exact text to norm, for texts that no norm table of the language names; all else is lower-cased."""
