# SPDX-License-Identifier: Apache-2.0
"""Beam search on a component that decodes greedily: the documented way to ask how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..config.registry import registry
from ..doc.doc import Doc


class BeamAccess:
    """Gives `ner` and `parser` what `beam_ner` and `beam_parser` can do, with the same weights and labels."""

    beam_factory: str
    name: str
    model: Any

    def greedy_parse(self, docs: Sequence[Doc], drop: float = 0.0) -> Any:
        """The same as `predict(docs)`; `drop` is read and not needed."""
        return self.predict(docs)  # type: ignore[attr-defined]  # a component has it

    def beam_parse(
        self, docs: Sequence[Doc], beam_width: int, beam_density: float = 0.001, *, drop: float = 0.0
    ) -> Any:
        """What the `beam_width` best ways through documents say, for `set_annotations` and to be scored."""
        return self._searching().beam_parse(docs, beam_width, beam_density, drop=drop)

    def _searching(self) -> Any:
        component = registry.get("factories", self.beam_factory)(self.name, self.model)
        component.load_labels(self.label_state())  # type: ignore[attr-defined]  # a component has it
        return component
