# SPDX-License-Identifier: Apache-2.0
"""The files that the console serves: pages made of one frame, own scripts and styles without what only their
readers need. Nothing is built: a file is served as it lies there, less comment lines and indentation."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

STATIC = Path(__file__).parent / "static"
KINDS = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    "": "text/plain",
}
"""Types of the files under `/static/`; pages are no such files."""
TITLES = {
    "stream": "Stream",
    "correct": "Correct",
    "review": "Review",
    "text": "Text",
    "models": "Models",
    "learning": "Learning",
    "letters": "Dead letters",
    "health": "Health",
}
LISTS = '<link rel="stylesheet" href="/static/pages.css">'
PLOTS = (
    '<link rel="stylesheet" href="/static/vendor/uPlot.min.css">\n'
    '<script src="/static/vendor/uPlot.iife.min.js" defer></script>'
)
REMARK = re.compile(r"/\*.*?\*/", re.DOTALL)
AROUND = re.compile(r"\s*([{};,])\s*|(?<=:)\s+")


@cache
def names() -> frozenset[str]:
    """The files that may be asked for under `/static/`."""
    files = (path for path in STATIC.rglob("*") if path.is_file() and path.suffix in KINDS)
    return frozenset(str(path.relative_to(STATIC)) for path in files)


@cache
def read(name: str) -> tuple[bytes, str]:
    """What is served under a file's name, or a page's, and its tag."""
    body = page(name.removesuffix(".html")) if name.removesuffix(".html") in TITLES else slim(name)
    return body, f'"{hashlib.sha256(body).hexdigest()[:16]}"'


def page(name: str) -> bytes:
    """A page: the frame that all have, with its title, its script and the styles that it needs."""
    more = {"correct": "", "learning": f"\n{LISTS}\n{PLOTS}"}.get(name, f"\n{LISTS}")
    frame = (STATIC / "page.html").read_text(encoding="utf-8")
    for field, value in (("title", TITLES[name]), ("name", name), ("more", more)):
        frame = frame.replace("{" + field + "}", value)
    return frame.encode()


def slim(name: str) -> bytes:
    """A file less comment lines and indentation; what others wrote is left as it is."""
    body = (STATIC / name).read_bytes()
    if name.startswith("vendor/") or not name.endswith((".js", ".css")):
        return body
    text = body.decode()
    if name.endswith(".css"):
        return AROUND.sub(lambda found: found[1] or "", REMARK.sub("", text)).strip().encode()
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")).encode()


__all__ = ["KINDS", "STATIC", "TITLES", "names", "read", "slim"]
