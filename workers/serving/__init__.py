# SPDX-License-Identifier: Apache-2.0
"""Serving: the models that annotate now, and how another one takes their place without a restart.

A batch's way:
router           which model annotates which record (champion, canary by key); the ladder of failures
outputs          a batch by one model: an annotation or a dead letter for each record
isolation        the records that make a batch fail, found by halving it
model            what a worker takes for a model
pipeline_model   a pipeline of the engine as a model (import the file: it loads the engine); piece_budget
                 cuts what its encoder reads at once
adapters         many tenants on one encoder, by a record's header; adapter_places are where they come from
                 (import the file: it loads the engine)
triage           which annotations may be used as they are, which a person should see (loads the engine)
probe            the text that every working model can annotate

A new version's way:
live_model       the deployment that serves: one value, read once per batch, changed between batches
first_champion   the model that a worker begins with
trusted_heads    heads that follow from what was seen of the registry before
loader           versions of the registry as models: fetched, verified, loaded, warmed up; model_cache keeps
                 the champion on this disk
rollout          from the registry's head to a deployment
updater          the thread that follows the head (import the file)
beacon           the thread that tells the registry of this worker
guard            takes out of service what does harm, here and in the registry
shadow           scores of a shadow or canary beside the champion; agreement counts them
swap_metrics     all of that for Prometheus (import the file: it loads prometheus_client, as updater does)
"""

from __future__ import annotations

from .first_champion import wait_for_champion
from .isolation import isolate
from .live_model import AnnotationObserver, BatchServed, Deployment, LiveModel
from .loader import ModelLoader
from .model import Model, StageTimer, untimed
from .outputs import BatchOutputs, annotate_records
from .probe import check_model
from .router import Router
from .trusted_heads import TrustedHeads

__all__ = [
    "AnnotationObserver",
    "BatchOutputs",
    "BatchServed",
    "Deployment",
    "LiveModel",
    "Model",
    "ModelLoader",
    "Router",
    "StageTimer",
    "TrustedHeads",
    "annotate_records",
    "check_model",
    "isolate",
    "untimed",
    "wait_for_champion",
]
