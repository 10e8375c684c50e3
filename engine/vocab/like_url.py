# SPDX-License-Identifier: Apache-2.0
"""Whether a token looks like the address of a web page or of a mailbox."""

from __future__ import annotations

import re
from functools import cache

_LETTER = r"[A-Za-z0-9\u00a1-\uffff]"
_LABEL = rf"{_LETTER}(?:[A-Za-z0-9_\u00a1-\uffff-]{{0,62}}{_LETTER})?"
_ENDING = r"(?P<ending>[^\W\d_]{2,63})"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_LAST_OCTET = r"(?:25[0-4]|2[0-4][0-9]|1[0-9][0-9]|[1-9][0-9]?)"
_PRIVATE = (
    r"(?!(?:10|127)(?:\.[0-9]{1,3}){3})"
    r"(?!(?:169\.254|192\.168)(?:\.[0-9]{1,3}){2})"
    r"(?!172\.(?:1[6-9]|2[0-9]|3[01])(?:\.[0-9]{1,3}){2})"
)
_NUMBERS = rf"{_PRIVATE}(?:22[0-3]|2[01][0-9]|1[0-9][0-9]|[1-9][0-9]?)(?:\.{_OCTET}){{2}}\.{_LAST_OCTET}"

_TOP_LEVELS = (
    "ac ad ae af ag ai al am an ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt "
    "bv bw by bz ca cc cd cf cg ch ci ck cl cm cn co cr cs cu cv cx cy cz dd de dj dk dm do dz ec ee eg "
    "eh er es et eu fi fj fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn "
    "hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk "
    "lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng "
    "ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se "
    "sg sh si sj sk sl sm sn so sr ss st su sv sy sz tc td tf tg th tj tk tl tm tn to tp tr tt tv tw tz "
    "ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw biz cat com edu gov icu int mil net org "
    "pro tel xxx xyz aero asia coop info jobs mobi museum name travel"
)

TOP_LEVELS = frozenset(_TOP_LEVELS.split())
"""Endings that make an address of anything: those of countries, past ones too, and the generic ones of
old."""

_MAILBOX = re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+\.[A-Za-z0-9.-]+")


def like_url(text: str) -> bool:
    """Whether a text looks like a web address; a mailbox does not.

    >>> like_url("example.org/a"), like_url("e.g")
    (True, False)
    """
    if text.startswith(("http://", "https://")):
        return True
    if text.startswith("www.") and len(text) > len("www."):
        return True
    if "." not in text[1:-1] or text[0] == "." or text[-1] == "." or "@" in text:
        return False
    ending = text.rpartition(".")[2].partition(":")[0]
    return ending.endswith("/") or ending in TOP_LEVELS or _is_address(text)


@cache
def _address() -> re.Pattern[str]:
    """A public address by numbers or by a name with dots, with or without a scheme, a port and what follows.

    Compiled on first use: that takes 7 ms, and few pipelines ask.
    """
    return re.compile(
        rf"(?:[\w+.-]{{2,}}://)?(?:{_NUMBERS}|(?:{_LABEL}\.)+{_ENDING})(?::[0-9]{{2,5}})?(?:[/?#]\S*)?\Z"
    )


def _is_address(text: str) -> bool:
    match = _address().match(text)
    ending = match["ending"] if match else None
    return match is not None and (ending is None or (ending.isalpha() and ending == ending.lower()))


def like_email(text: str) -> bool:
    """Whether a text begins like the address of a mailbox."""
    return _MAILBOX.match(text) is not None
