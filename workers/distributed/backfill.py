# SPDX-License-Identifier: Apache-2.0
"""Shards of a backfill over Ray Data: `map_batches` with actors that hold the pipeline. Files have to lie
where every machine sees them at the same path."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from ..reprocess.backfill import LoadPipeline, ShardOptions, annotate_shard
from ..reprocess.manifest import ShardReport
from ..reprocess.shards import Shard, ShardFormat
from .cluster import ray_cluster


class ShardAnnotator:
    """An actor of Ray Data: one batch is one shard; what it gives is a report for each."""

    def __init__(self, load: LoadPipeline, options: ShardOptions) -> None:
        self.pipeline, self.options = load(), options

    def __call__(self, rows: Mapping[str, Any]) -> dict[str, list[bytes]]:
        """Annotate the shards of a batch."""
        shards = [_shard_of(orjson.loads(row)) for row in rows["shard"]]
        reports = [annotate_shard(self.pipeline, shard, self.options) for shard in shards]
        return {"report": [orjson.dumps(asdict(report)) for report in reports]}


def annotate_by_ray(
    shards: Sequence[Shard], address: str | None, load: LoadPipeline, options: ShardOptions, n_workers: int
) -> Iterator[ShardReport]:
    """Annotate shards with so many actors, and report each as it is done. A worker that dies is begun anew,
    with its shard.

    Raises: MissingExtraError without the extra `ray`.
    """
    with ray_cluster(address, n_workers, "freshet apply --ray") as ray:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        rows = [{"shard": orjson.dumps(asdict(shard))} for shard in shards]
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        reports = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            ShardAnnotator,
            fn_constructor_args=(load, options),
            batch_size=1,
            num_cpus=1,
            compute=ray.data.ActorPoolStrategy(size=min(n_workers, len(shards))),
        )
        for row in reports.iter_rows():
            yield ShardReport.from_row(orjson.loads(row["report"]))


def _shard_of(row: Mapping[str, Any]) -> Shard:
    forms = {key: ShardFormat(row[key]) for key in ("read_as", "written_as")}
    return Shard(row["name"], row["source"], row["target"], **forms)
