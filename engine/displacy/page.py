# SPDX-License-Identifier: Apache-2.0
"""The page around what was drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .html_text import escape_text

CSS = """
.fr-title{font:600 1.1rem system-ui,sans-serif;margin:0 0 .3rem}
.fr-doc{font:16px/1.9 system-ui,-apple-system,"Segoe UI",sans-serif;color:#1b2330;\
background:#fff;margin:0 0 1.5rem;overflow-wrap:anywhere}
.fr-text{white-space:pre-wrap}
.fr-ent{color:inherit;padding:.15em .4em;border-radius:.4em;\
-webkit-box-decoration-break:clone;box-decoration-break:clone}
.fr-ent b{font-size:.68em;letter-spacing:.04em;margin-left:.5em;vertical-align:.12em;opacity:.75}
.fr-spans{display:flex;flex-wrap:wrap;row-gap:.9rem;align-items:flex-start}
.fr-tok{white-space:pre;line-height:1.5}
.fr-bar{display:block;height:15px;margin-top:3px;font:600 10px/15px system-ui,sans-serif;white-space:nowrap}
.fr-bar.fr-start{border-radius:4px 0 0 4px;margin-left:1px;padding:0 4px}
.fr-bar.fr-end{border-top-right-radius:4px;border-bottom-right-radius:4px;margin-right:1px}
.fr-key{font-size:.75em;color:#5b6675;margin:0 0 .3rem}
.fr-tree{overflow-x:auto}
.fr-tree svg{display:block}
.fr-cats{font-size:.8em;color:#5b6675;margin:.3rem 0 0}
""".strip()

_PAGE_CSS = """
body{max-width:62rem;margin:2.5rem auto;padding:0 1.5rem;background:#fff}
h1{font:600 1.25rem system-ui,sans-serif}
.fr-doc+.fr-doc{border-top:1px solid #e4e8ee;padding-top:1.5rem}
""".strip()


def titled(title: Any, part: str) -> str:
    """A drawing with its document's title above it, where it has one."""
    return f'<h2 class="fr-title">{escape_text(str(title))}</h2>\n{part}' if title else part


def whole_page(parts: Sequence[str], title: str) -> str:
    """A page of its own. It may load nothing and run nothing, whatever the texts say."""
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src '
        "'unsafe-inline'\">"
        f"<title>{escape_text(title)}</title><style>{CSS}\n{_PAGE_CSS}\n</style>"
    )
    body = "\n".join(parts)
    heading = f"<h1>{escape_text(title)}</h1>"
    return f"<!DOCTYPE html>\n<html><head>{head}</head>\n<body>{heading}\n{body}\n</body></html>\n"
