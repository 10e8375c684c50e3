# SPDX-License-Identifier: Apache-2.0
"""The probe: a known text that every working model can annotate, which tells a broken model from a bad
record."""

from __future__ import annotations

from schemas import Source, TextMessage

from ..errors import ModelError
from .model import Model

PROBE = TextMessage("canary", "Freshet runs in Kigali.")
"""When this fails too, the model is broken and no record is to blame."""
PROBE_SOURCE = Source("canary", 0, 0)


def check_model(model: Model) -> None:
    """Let the model annotate the probe. Raises: ModelError."""
    name = f"{model.ref.name} {model.ref.version}"
    try:
        annotated = model.annotate([PROBE], [PROBE_SOURCE])
    except Exception as error:
        raise ModelError(
            f"expected model {name} to annotate {PROBE.text!r}, got {type(error).__name__}: {error}"
        ) from error
    if len(annotated) != 1:
        raise ModelError(f"expected one annotation of {PROBE.text!r} from model {name}, got {len(annotated)}")
