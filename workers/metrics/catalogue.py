# SPDX-License-Identifier: Apache-2.0
"""Every metric that Freshet exports. A name that stands here stays; labels are few and bounded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .metric import Metric, Who, counter, gauge, histogram, powers_of_two

STAGE_BOUNDS = powers_of_two(0.0005, 14)
AGE_BOUNDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600)
SIZE_BOUNDS = powers_of_two(1, 11)
TOKEN_BOUNDS = powers_of_two(16, 14)
SWAP_BOUNDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120)

# Records through an annotator.
CONSUMED = counter("freshet_records_consumed_total", "Records taken in.")
PRODUCED = counter("freshet_records_produced_total", "Annotations committed.")
ERRORS = counter("freshet_record_errors_total", "Records that could not be annotated.", "reason")
DEAD_LETTERS = counter("freshet_dlq_records_total", "Dead letters committed.", "reason")
ROUTED = counter(
    "freshet_routed_records_total", "Annotations committed, by what is to become of them.", "route"
)
CUT = counter(
    "freshet_cut_documents_total",
    "Annotations committed of texts of which an encoder's limit left something out.",
)
RESCUED = counter("freshet_rescued_records_total", "Records that a new model failed on and another did not.")
AGE = histogram("freshet_record_age_seconds", "From a record's writing to its commit.", AGE_BOUNDS)
STAGES = histogram("freshet_stage_duration_seconds", "Time a batch spends in a stage.", STAGE_BOUNDS, "stage")
BATCH_RECORDS = histogram("freshet_batch_records", "Records of a micro-batch.", SIZE_BOUNDS)
BATCH_TOKENS = histogram("freshet_batch_tokens", "Tokens of a micro-batch, by estimate.", TOKEN_BOUNDS)
INFLIGHT_RECORDS = gauge("freshet_inflight_records", "Records in memory.")
INFLIGHT_TOKENS = gauge("freshet_inflight_tokens", "Tokens in memory, by estimate.")
PAUSED = gauge("freshet_paused", "1 while reading is paused by back-pressure.")

# Its place in the group.
LAG_RECORDS = gauge("freshet_consumer_lag_records", "Records behind.", "topic", "partition")
LAG_SECONDS = gauge(
    "freshet_consumer_lag_seconds",
    "Age of the oldest record that is not annotated yet; 0 where there is none.",
    "topic",
    "partition",
)
WATERMARK = gauge(
    "freshet_watermark_timestamp_seconds",
    "Time at which the last committed record of a partition was written: all before it is annotated.",
    "topic",
    "partition",
)
LAST_PROCESSED = gauge("freshet_last_processed_timestamp_seconds", "Time of the last commit.")
HEARTBEAT = gauge("freshet_poll_loop_heartbeat_timestamp_seconds", "Time of the last poll.")
ASSIGNED = gauge("freshet_assigned_partitions", "Partitions owned.")
REBALANCES = counter("freshet_rebalances_total", "Changes of the assignment.")
COMMIT_FAILURES = counter("freshet_commit_failures_total", "Commits that did not come through.", "outcome")
RENEWALS = counter("freshet_consumer_renewals_total", "Consumers made anew after they stood still or failed.")

# Its model, and the registry that it comes from.
MODEL_INFO = gauge("freshet_model_info", "1 for the model that annotates.", "model", "version")
MODEL_LOADED = gauge("freshet_model_loaded_timestamp_seconds", "Time at which it was loaded.")
MODEL_EPOCH = gauge(
    "freshet_model_epoch",
    "Epoch of the head that is served; below freshet_registry_epoch while a promotion is not served yet.",
)
HEAD_READ = gauge("freshet_registry_head_timestamp_seconds", "Time at which the head was last read.")
REGISTRY_EPOCH = gauge("freshet_registry_epoch", "Epoch of the head that was read last.")
REACHABLE = gauge("freshet_registry_reachable", "1 while the registry answers.")
KNOWN = gauge(
    "freshet_registry_known",
    "0 while the registry is another one than before, or was put back; it is not followed then.",
)
REGISTRY_ERRORS = counter("freshet_registry_errors_total", "Requests to the registry that failed.")
SWAPS = histogram(
    "freshet_model_swap_duration_seconds", "From a new head to its model's first batch.", SWAP_BOUNDS
)
SWAP_FAILURES = counter("freshet_model_swap_failures_total", "Versions that were not served.", "reason")
ROLLBACKS = counter("freshet_model_rollbacks_total", "Times that this worker went back by itself.", "reason")
CANARY = gauge("freshet_canary_percent", "Share of the keys that the canary annotates.", unit="percent")
AGREEMENT = gauge("freshet_shadow_agreement", "Share of answers as the champion's.", "role", "layer")
SHADOW_DOCUMENTS = gauge("freshet_shadow_documents", "Texts that were compared.", "role")

# A trainer.
TRAINER_ACTIVE = gauge(
    "freshet_trainer_is_active",
    "1 while this trainer may write: it took the newest fence and was not fenced.",
)
TRAINER_FENCE = gauge("freshet_trainer_fence", "Its fence; that of the newest trainer is the highest.")
TRAINER_HEARTBEAT = gauge(
    "freshet_trainer_heartbeat_timestamp_seconds", "Time at which it last looked for corrections or learned."
)
TRAINER_STEPS = counter("freshet_trainer_steps_total", "Batches learned since its start.")
TRAINER_CORRECTIONS = counter(
    "freshet_trainer_corrections_total",
    "Corrections read since its start, by what became of them.",
    "outcome",
)
TRAINER_LOSS = gauge("freshet_trainer_loss", "Loss of the last step, by component.", "component")
TRAINER_SCORE = gauge(
    "freshet_trainer_score",
    "F on corrections before they are learned, by layer.",
    "layer",
    unit="percentunit",
)
TRAINER_WATERMARK = gauge(
    "freshet_trainer_watermark_timestamp_seconds",
    "Time at which the newest correction that was read was written.",
)
CHECKPOINT = gauge("freshet_checkpoint_timestamp_seconds", "Time of the last checkpoint, or of the start.")
CHECKPOINTS = counter("freshet_checkpoints_total", "States that were committed.", "reason")
CANDIDATES = counter(
    "freshet_candidates_total", "Versions that were proposed, by what the gate said.", "state"
)

# The stream app.
CORRECTIONS = counter(
    "freshet_corrections_total", "Corrections handled since its start, by what became of them.", "outcome"
)
CORRECTIONS_WATERMARK = gauge(
    "freshet_corrections_watermark_timestamp_seconds",
    "Time at which the newest correction that was handled was written.",
)
ROUTE_JUDGED = gauge(
    "freshet_route_judged",
    "Marked annotations that corrections spoke of, in the windows that are kept.",
    "version",
    "route",
)
ROUTE_WRONG = gauge("freshet_route_wrong", "Those of them with a wrong answer.", "version", "route")
ROUTE_SHARE = gauge(
    "freshet_route_error_share",
    "Share of wrong ones; that of route audit is the true one of route auto.",
    "version",
    "route",
    unit="percentunit",
)

CATALOGUE: Mapping[Who, Mapping[str, tuple[Metric, ...]]] = {
    Who.ANNOTATOR: {
        "Records": (
            *(CONSUMED, PRODUCED, ERRORS, DEAD_LETTERS, ROUTED, CUT, RESCUED, AGE, STAGES),
            *(BATCH_RECORDS, BATCH_TOKENS, INFLIGHT_RECORDS, INFLIGHT_TOKENS, PAUSED),
        ),
        "Group": (
            *(LAG_RECORDS, LAG_SECONDS, WATERMARK, LAST_PROCESSED, HEARTBEAT),
            *(ASSIGNED, REBALANCES, COMMIT_FAILURES, RENEWALS),
        ),
        "Model": (
            *(MODEL_INFO, MODEL_LOADED, MODEL_EPOCH, REGISTRY_EPOCH, HEAD_READ, REACHABLE, KNOWN),
            *(REGISTRY_ERRORS, SWAPS, SWAP_FAILURES, ROLLBACKS, CANARY, AGREEMENT, SHADOW_DOCUMENTS),
        ),
    },
    Who.TRAINER: {
        "Learning": (
            *(TRAINER_ACTIVE, TRAINER_FENCE, TRAINER_HEARTBEAT, TRAINER_STEPS, TRAINER_CORRECTIONS),
            *(TRAINER_LOSS, TRAINER_SCORE, TRAINER_WATERMARK, CHECKPOINT, CHECKPOINTS, CANDIDATES),
        ),
    },
    Who.STREAM_APP: {
        "Corrections": (CORRECTIONS, CORRECTIONS_WATERMARK, ROUTE_JUDGED, ROUTE_WRONG, ROUTE_SHARE),
    },
}
"""Who exports what, by subject."""


def metrics(who: Who | None = None) -> Iterator[Metric]:
    """All metrics, or those of a worker.

    >>> "freshet_records_consumed_total" in [metric.name for metric in metrics(Who.ANNOTATOR)]
    True
    """
    for one, subjects in CATALOGUE.items():
        if who in (None, one):
            for group in subjects.values():
                yield from group
