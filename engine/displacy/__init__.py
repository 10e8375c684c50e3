# SPDX-License-Identifier: Apache-2.0
"""Documents to look at: entities, spans and dependency trees as standalone HTML and SVG.

>>> import engine
>>> doc = engine.blank("en")("Ada sees Kigali.")
>>> doc.set_ents([(2, 3, "LOC")])
>>> "Kigali<b>LOC</b>" in engine.displacy.render(doc, style="ent")
True
"""

from __future__ import annotations

from .render import STYLES, Markup, Style, render

__all__ = ["STYLES", "Markup", "Style", "render"]
