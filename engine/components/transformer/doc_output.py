# SPDX-License-Identifier: Apache-2.0
"""What an encoder of the curated family said about one document: all of its layers by piece."""

from __future__ import annotations

from dataclasses import dataclass

from thinc.types import Ragged


@dataclass(slots=True, eq=False)
class DocTransformerOutput:
    """Layers of one document: rows of pieces by token, without the special pieces at both ends.

    `all_outputs` holds the embeddings and every layer, or, where `last_layer_only`, the last one alone.
    """

    all_outputs: list[Ragged]
    last_layer_only: bool

    @property
    def embedding_layer(self) -> Ragged | None:
        """The embeddings, None where only the last layer is kept."""
        return None if self.last_layer_only else self.all_outputs[0]

    @property
    def last_hidden_layer_state(self) -> Ragged:
        """The last layer."""
        return self.all_outputs[-1]

    @property
    def all_hidden_layer_states(self) -> list[Ragged] | None:
        """Every layer above the embeddings, None where only the last one is kept."""
        return None if self.last_layer_only else self.all_outputs[1:]

    @property
    def num_outputs(self) -> int:
        """How many layers there are."""
        return len(self.all_outputs)
