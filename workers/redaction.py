# SPDX-License-Identifier: Apache-2.0
"""Takes secrets out of what people and machines get to read: logs, errors, what doctor says."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

HIDDEN = "***"
SECRETS = ("PASSWORD", "TOKEN", "SECRET", "SIGNING_KEY")
"""What names of variables that hold secrets end with; with `_FILE` they name a file that does."""

_RUN = re.compile(r"[^\s'\"]+")
"""What may be an address: no blank and no quotation mark is in it."""
_NAME = re.compile(r"(?<=[a-z0-9+.-])://[^/:@]*:", re.IGNORECASE)
"""The end of an address' kind, and a name before a password."""
_NAMED = re.compile(
    r"(?P<name>\b\w*(?:password|passwd|token|secret)\b['\"]?\s*[=:]\s*)"
    r"(?P<secret>(?!\*\*\*)[^\s,;&'\"]+|'[^']*'|\"[^\"]*\")",
    re.IGNORECASE,
)
_SHORTEST = 6
"""A secret of fewer characters is a word that may stand anywhere."""


def redact(text: str) -> str:
    """The text without passwords of addresses, without values that are named a password, and without what
    this process's environment says is secret.

    >>> redact("kafka://app:hush@a:9092 and sasl_password=hush")
    'kafka://app:***@a:9092 and sasl_password=***'
    """
    return redactor()(text)


def redactor() -> Callable[[str], str]:
    """`redact` for several texts: what is secret is looked up once, files and all."""
    known = _known(os.environ)

    def redact(text: str) -> str:
        for secret in known:
            text = text.replace(secret, HIDDEN)
        text = _RUN.sub(_without_password, text)
        return _NAMED.sub(rf"\g<name>{HIDDEN}", text)

    return redact


def _without_password(found: re.Match[str]) -> str:
    """A run of text without what stands between a name and the last @, as addresses are read: a password may
    have one itself. Of several addresses that nothing divides more is hidden than need be. Searching goes
    through the run once: who writes what is logged must not choose how long that takes."""
    run = found[0]
    end = run.rfind("@")
    name = _NAME.search(run, 0, end) if end > 0 else None
    return run if name is None or name.end() == end else f"{run[: name.end()]}{HIDDEN}{run[end:]}"


def _known(environ: Mapping[str, str]) -> list[str]:
    """Secrets of the environment, the longest first: one may be a part of another."""
    found = []
    for name, value in environ.items():
        if not name.startswith("FRESHET_"):
            continue
        if name.endswith(SECRETS):
            found.append(value)
        elif name.endswith(tuple(f"{end}_FILE" for end in SECRETS)):
            found.append(_content(value))
    return sorted((secret for secret in found if len(secret) >= _SHORTEST), key=len, reverse=True)


def _content(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        return ""
