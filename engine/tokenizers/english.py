# SPDX-License-Identifier: Apache-2.0
"""Rules for English."""

from __future__ import annotations

from .characters import CLOSE, CURRENCY, OPEN, QUOTE, URL
from .rules import Piece, Rules

_APOSTROPHES = ("'", "’")
_NEGATED = "do does did is are was were have has had would could should must might need".split()


def rules() -> Rules:
    """English rules."""
    return Rules(
        lang="en",
        prefix=rf"^(?:\.\.+|--+|[{OPEN}{QUOTE}{CURRENCY},;:!?…*#§¶&|_]|[-–—](?=\D))",
        suffix=rf"(?:['’](?:s|S|m|M|d|D|ll|LL|re|RE|ve|VE)|\.\.+|--+|[{CLOSE}{QUOTE}{CURRENCY},;:!?…*%°|_–—]|(?<=[\w{CLOSE}{QUOTE}%])\.|(?<=\w)-)$",
        infix=rf"\.\.+|…|--+|[–—|]|(?<=\w)[/+=<>@&](?=\w)|(?<=[^\W\d_])[,:;!?{OPEN}{CLOSE}](?=[^\W\d_])|(?<=[^\W\d_])-(?=\w)",
        url_match=URL,
        exceptions=_exceptions(),
        simple=r"[A-Za-z]+",
    )


def _exceptions() -> dict[str, tuple[Piece, ...]]:
    out: dict[str, tuple[Piece, ...]] = {}
    for mark in _APOSTROPHES:
        for verb in _NEGATED:
            for stem in (verb, verb.title()):
                out[f"{stem}n{mark}t"] = ((stem, None), (f"n{mark}t", "not"))
    out["cannot"] = (("can", None), ("not", None))
    return out
