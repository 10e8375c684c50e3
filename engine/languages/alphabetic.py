# SPDX-License-Identifier: Apache-2.0
"""What languages that put blanks between words have in common; each file says only what is its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .characters import CLOSE, CURRENCY, EMOJI, EMOTICON, LETTER, LOWER, OPEN, QUOTE, REPEATED, UPPER, each
from .language_data import LanguageData, Piece, WritingSystem

METRIC = (
    "mm|cm|dm|km|m|mm²|cm²|m²|km²|m³|ha|mg|kg|g|t|ml|cl|dl|l|ms|min|h|km/h|m/s|[kMGT]?[WB]|[kMGT]?Hz|[kMG]?Wh"
    "|hPa|[kM]?Pa|[kM]?bps|°C|°F|°"
)
"""Signs of units that follow a number."""

_FILES = r"[\w.#-]+\.(?i:docx?|xlsx?|pdf|pptx?|txt|jpe?g|gif|png|zip|html?|csv|xml|mp[34])"
_GENERIC_DOMAINS = "com|net|org|edu|gov|info|biz|eu|io"
_SIMPLE = r"[^\W\d_]++|([\"“„«»(\[]?)([^\W\d_]{2,})([.,;:!?)\]\"”“»]?)"


def alphabetic(
    *,
    abbreviations: str = "",
    elided: str = "",
    prefixes: Iterable[str] = (),
    clitics: Iterable[str] = (),
    whole: Iterable[str] = (),
    exceptions: Mapping[str, tuple[Piece, ...]] | None = None,
    infixes: Iterable[str] = (),
    units: str = METRIC,
    domain: str = "",
    ordinal_digits: int = 0,
    splits_hyphens: bool = False,
    splits_points: bool = False,
    keeps_final_hyphen: bool = True,
    norms: Mapping[str, str] | None = None,
    stop_words: str = "",
    numbers: str = "",
    ordinal_endings: tuple[str, ...] = (),
    writing_system: WritingSystem | None = None,
) -> LanguageData:
    """Rules of a language; a point after a word is a token of its own unless something here keeps it.

    `abbreviations` keep their point, with a small or capital first letter; `elided` are cut off together with
    their apostrophe, in front of a word; `clitics` are suffixes, `whole` patterns of what is never cut. The
    point of a short form like U.E. stays where a quote or bracket follows.
    Numbers of at most `ordinal_digits` digits keep a point: they are ordinals.
    """
    shortened = {key: ((key, None),) for word in abbreviations.split() for key in _cases(word)}
    kept = _kept_whole(whole, domain, ordinal_digits, splits_points=splits_points)
    return LanguageData(
        prefixes=_prefixes(elided, prefixes),
        suffixes=_suffixes(
            clitics, units, splits_points=splits_points, keeps_final_hyphen=keeps_final_hyphen
        ),
        infixes=_infixes(elided, infixes, splits_hyphens=splits_hyphens, splits_points=splits_points),
        token_match=rf"(?:{'|'.join(kept)})$",
        exceptions={**shortened, **(exceptions or {})},
        norms=norms or {},
        simple=_SIMPLE,
        stop_words=frozenset(stop_words.split()),
        number_words=frozenset(numbers.split()),
        ordinal_endings=ordinal_endings,
        writing_system=writing_system or WritingSystem(),
    )


def _kept_whole(whole: Iterable[str], domain: str, ordinal_digits: int, *, splits_points: bool) -> list[str]:
    """What is never cut: short forms, emoticons, files, addresses, ordinals."""
    domains = "|".join(filter(None, (_GENERIC_DOMAINS, domain)))
    return [
        *([] if splits_points else [rf"(?:{LETTER}\.)+{LETTER}\.?", rf"[{UPPER}]\.(?:-?[{UPPER}]\.)*"]),
        EMOTICON,
        _FILES,
        rf"[\w-]+(?:\.[\w-]+)*\.(?:{domains})(?:/\S*)?",
        *([rf"\d{{1,{ordinal_digits}}}\."] if ordinal_digits else []),
        *whole,
    ]


def _prefixes(elided: str, own: Iterable[str]) -> tuple[str, ...]:
    return (
        *([rf"(?i:{elided})['’](?=\w)"] if elided else []),
        *own,
        EMOTICON,
        REPEATED,
        *each(OPEN + CLOSE + QUOTE + CURRENCY + ",;:!?¿¡…*#§¶&|_~="),
        r"[-–—]+(?=\D)",
        r"[–—]",
        EMOJI,
    )


def _suffixes(
    clitics: Iterable[str], units: str, *, splits_points: bool, keeps_final_hyphen: bool
) -> tuple[str, ...]:
    return (
        *clitics,
        REPEATED,
        EMOTICON,
        *each(OPEN + CLOSE + QUOTE + CURRENCY + ",;:!?…*%‰°|_–—~="),
        r"\." if splits_points else rf"(?<!\.{LETTER})\.",
        rf"(?<=\d)(?:{units})",
        *(() if keeps_final_hyphen else (r"(?<=\w)-",)),
        EMOJI,
    )


def _infixes(
    elided: str, own: Iterable[str], *, splits_hyphens: bool, splits_points: bool
) -> tuple[str, ...]:
    return (
        r"\.\.+",
        "…",
        "--+",
        *each("–—|"),
        rf"(?<={LETTER}{{2}})/(?=\w)",
        rf"(?<={LETTER})/(?=\w{{2}})",
        r"(?<=\w)[+=<>](?=\w)",
        rf"(?<={LETTER})[,;!?\"“”„{OPEN}{CLOSE}](?={LETTER})",
        rf"(?<=[{LOWER}]{{2}})[.:](?=[{UPPER}])",
        *([r"(?<=\w)-(?=\w)"] if splits_hyphens else []),
        *([rf"(?<={LETTER})\.(?={LETTER})"] if splits_points else []),
        *([rf"(?<=[\s\W])(?i:{elided})['’](?=\w)"] if elided else []),
        *own,
        EMOJI,
    )


def whole_words(text: str) -> dict[str, tuple[Piece, ...]]:
    """Exceptions for words that affixes or infixes would cut, as they are and with a capital letter."""
    return {key: ((key, None),) for word in text.split() for key in _cases(word)}


def with_either_apostrophe(words: str) -> str:
    """The words spelt with the straight apostrophe, and again with the round one."""
    return f"{words} {words.replace(chr(39), '’')}"


def _cases(word: str) -> tuple[str, ...]:
    return (word,) if word[:1].isupper() else (word, word[:1].upper() + word[1:])
