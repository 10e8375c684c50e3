# SPDX-License-Identifier: Apache-2.0
"""What the entities of a batch mean, as annotations say it."""

from __future__ import annotations

from ..doc.batch import Batch

ENTS, KB_ID = "ents", "ent_kb_id"


def links_entities(batch: Batch) -> bool:
    """Whether somebody said what entities mean."""
    return KB_ID in batch.columns and ENTS in batch.spans


def kb_ids_of(batch: Batch, index: int) -> list[str] | None:
    """The id of each entity of a document, in their order, empty where it has none; None where nobody
    looked."""
    if not links_entities(batch):
        return None
    rows, column = batch.rows(index), batch.spans[ENTS]
    kb_ids = batch.columns[KB_ID].strings(rows.start, rows.stop)
    return [kb_ids[start] for start in column.starts[column.rows(index)].tolist()]
