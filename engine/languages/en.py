# SPDX-License-Identifier: Apache-2.0
"""English, cut as Universal Dependencies' English treebanks are."""

from __future__ import annotations

from .characters import CLOSE, CURRENCY, EMOJI, EMOTICON, OPEN, QUOTE, REPEATED, each
from .english_words import CARDINALS, ORDINAL_ENDINGS, ORDINALS, STOP_WORDS
from .language_data import LanguageData, Piece

_APOSTROPHES = "'’"
_CLITICS = "s|S|m|M|d|D|ll|LL|re|RE|ve|VE"
_UNITS = "am|pm|AM|PM|mm|cm|km|kg|mg|ml|ft|lbs?|hrs?|mins?|secs?|mph|MPH|MB|GB|TB|KB|[MGk]Hz|[MkG]W|k|K"
_JOINED_PREFIXES = (
    "anti|co|counter|de|e|ex|extra|inter|intra|macro|mega|micro|mid|mini|multi|neo|non|over|post|pre|pro|"
    "pseudo|quasi|re|semi|sub|super|trans|ultra|un|under|uni"
)
_NUMBER_GROUPS = (
    r"(?:\d-)?\(?\d{3}\)?[-/.]\d{3}[-.]\d{4}|[xX]?\d{1,3}-\d{4}|\d{5}-\d{4}|\d{1,4}-\d{1,2}-\d{2,4}"
)
_FILES = (
    r"[\w.#-]+\.(?:docx?|xlsx?|pdf|pptx?|txt|jpe?g|gif|png|zip|exe|html?|DOC|XLS|PDF|PPT|TXT|JPG|GIF|ZIP|EXE)"
)
_DOMAINS = r"[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|edu|gov|mil|info|biz|co\.uk)(?:/\S*)?"
_SIMPLE = (
    r"[A-Za-z]++|([\"“(\[$]?)([A-Za-z]{2,}|I(?=['’])|[0-9]+(?:[.,:/][0-9]+)*)"
    r"((?:n['’]t|['’](?:s|m|d|ll|re|ve))?)"
    r"((?:[.?!]{2,}|[.,;:!?)\]\"”])?)((?:(?<=[.,])[\"”)]|(?<=[)\"”])[.,])?)"
    rf"|(?=[A-Za-z]++-)(?!(?i:{_JOINED_PREFIXES})-)([A-Za-z]{{2,}})(-)([A-Za-z]{{2,}})([.,;:!?]?)|[^\W\d_]++"
)
"""Words and numbers with at most one bracket or quote before them, a clitic and marks after them; words with
one hyphen."""

_ABBREVIATIONS = """
Dr. Mr. Mrs. Ms. Prof. St. Jr. Sr. Rev. Gen. Lt. Col. Sgt. Capt. Cmdr. Maj. Gov. Sen. Rep. Reps. Pres.
Hon. Messrs. Supt. Mt. Ft.
Ave. Blvd. Rd. Bldg. Dept. Univ. Inc. Ltd. Corp. Co. Bros. Assn. Intl. Mfg. Div. No. Nos. Vol. Fig. Figs.
Ch. Sec. Art. Ed. Eds. Attn.
vs. Vs. v. etc. Etc. al. cf. eg. approx. est. ext. Ext. incl. misc. max. min. lb. oz. e.g. i.e. E.g. I.e.
a.k.a. P.S. M.D. Ph.D.
Jan. Feb. Mar. Apr. Jun. Jul. Aug. Sep. Sept. Oct. Nov. Dec. Mon. Tue. Tues. Wed. Thu. Thur. Thurs. Fri.
Sat.
Ala. Ariz. Ark. Calif. Colo. Conn. Del. Fla. Ga. Ill. Ind. Kan. Ky. La. Md. Mass. Mich. Minn. Miss. Mo.
Mont. Neb. Nev. Okla. Ore. Pa.
Penn. Tenn. Tex. Va. Vt. Wash. Wis. Wyo.
"""
_NEGATED = (
    "do",
    "does",
    "did",
    "is",
    "was",
    "were",
    "are",
    "has",
    "have",
    "had",
    "could",
    "would",
    "should",
    "must",
    "need",
    "ai",
)
_LETS = {
    f"{word}{mark}s": ((word, None), (f"{mark}s", "us")) for word in ("let", "Let", "LET") for mark in "'’"
}
_NEGATED_STEMS = {"ca": "can", "wo": "will", "sha": "shall"}
_RUN_TOGETHER = {
    "im": ("i", "m", "am"), "ive": ("i", "ve", "have"), "youre": ("you", "re", "are"),
    "theyre": ("they", "re", "are"), "youve": ("you", "ve", "have"), "weve": ("we", "ve", "have"),
    "theyve": ("they", "ve", "have"), "youll": ("you", "ll", "will"), "theyll": ("they", "ll", "will"),
    "thats": ("that", "s", "'s"), "whats": ("what", "s", "'s"), "theres": ("there", "s", "'s"),
    "hes": ("he", "s", "'s"), "shes": ("she", "s", "'s"), "cannot": ("can", "not", "not"),
    "gonna": ("gon", "na", "to"), "wanna": ("wan", "na", "to"), "gotta": ("got", "ta", "to"),
}  # fmt: skip
_CLITIC_NORMS = {"'m": "am", "'ll": "will", "'re": "are", "'ve": "have", "n't": "not"}


def _exceptions() -> dict[str, tuple[Piece, ...]]:
    """Abbreviations, negated verbs and words run together, in lower, title and upper case."""
    out: dict[str, tuple[Piece, ...]] = {word: ((word, None),) for word in _ABBREVIATIONS.split()}
    out |= _LETS
    spelt: list[tuple[Piece, Piece]] = [((stem, None), ("nt", "not")) for stem in _NEGATED]
    spelt += [
        ((stem, norm), (f"n{mark}t", "not")) for stem, norm in _NEGATED_STEMS.items() for mark in _APOSTROPHES
    ]
    spelt += [((stem, norm), ("nt", "not")) for stem, norm in _NEGATED_STEMS.items() if stem != "sha"]
    spelt += [((first, None), (rest, norm)) for first, rest, norm in _RUN_TOGETHER.values()]
    for (first, first_norm), (rest, norm) in spelt:
        for head, tail in ((first, rest), (first.title(), rest), (first.upper(), rest.upper())):
            out[head + tail] = ((head, first_norm), (tail, norm))
    return out


DATA = LanguageData(
    prefixes=(
        EMOTICON,
        REPEATED,
        *each(OPEN + CLOSE + QUOTE + CURRENCY + ",;:!?…*#§¶&|_~@="),
        r"[-–—]+(?=\D)",
        r"[A-Z]{1,3}(?=\$\d)",
        EMOJI,
    ),
    suffixes=(
        r"(?:n['’][tT]|N['’]T)",
        rf"['’´`](?:{_CLITICS})",
        REPEATED,
        EMOTICON,
        *each(OPEN + CLOSE + QUOTE + CURRENCY + ",;:.!?…*%°|_–—~"),
        rf"(?<=\d)(?:{_UNITS})",
        r"(?<=\w)-",
        EMOJI,
    ),
    infixes=(
        r"\.\.+",
        "…",
        "--+",
        *each("–—|"),
        r"(?<=[^\W\d_]{2})/(?=\w)",
        r"(?<=[^\W\d_])/(?=\w{2})",
        r"(?<=[A-Z])/(?=[A-Z])",
        r"(?<=[^\W\d])[+=<>](?=\w)",
        rf"(?<=[^\W\d_])[,:;!?{OPEN}{CLOSE}](?=[^\W\d_])",
        r"(?<=[a-z]{2})\.(?=[A-Z])",
        r"(?<=\w)-(?=\w)",
        EMOJI,
    ),
    token_match=(
        rf"(?:(?:[A-Za-z]\.)+[A-Za-z]\.?|[A-HJ-Z]\.|{EMOTICON}|{_NUMBER_GROUPS}|{_FILES}|{_DOMAINS}"
        rf"|(?i:{_JOINED_PREFIXES})-\w+)$"
    ),
    exceptions=_exceptions(),
    norms={key.replace("'", mark): norm for mark in _APOSTROPHES for key, norm in _CLITIC_NORMS.items()},
    simple=_SIMPLE,
    stop_words=STOP_WORDS,
    number_words=CARDINALS | ORDINALS,
    ordinal_endings=ORDINAL_ENDINGS,
)
