# SPDX-License-Identifier: Apache-2.0
"""The annotator: a worker that reads texts and writes annotations and dead letters, each record once.

annotator     `run_annotator`, and the poll loop: takes records in, looks after health, drains at the end
membership    the worker's place in its group: owned partitions, rewind after a failed commit, renewal
batching      micro-batches by a token budget, back-pressure, how much to ask for
batch_thread  the threads that take batches and have them annotated (`workers.serving`)
in_flight     ranges of offsets, and what of them may be committed
commit        the commit thread: outputs, dead letters and offsets at once
startup       topics must exist; how the consumer joins
instance_id   an id that outlives the process
watchdog      partitions that stand still although they have records
telemetry     the worker's metrics, by the names of `workers.metrics`
tracing       spans of batches for OpenTelemetry, linked to what came in
reannotate    corrected texts again, once a model has learned from their corrections

Import the files: most of them load clients that a small command need not.
"""

from __future__ import annotations
