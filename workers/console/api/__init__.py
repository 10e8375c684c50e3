# SPDX-License-Identifier: Apache-2.0
"""The console's API: one file a resource, each a function that gives its endpoints.

people    who asks, and what the page needs to know first
stream    annotations as they come, and a text to try
items     texts to correct, and who has which
answers   what people said, and what became of it; reviews
texts     all that is known of one text
versions  versions and the head; promotions; comparisons of two
metrics   learning and agreement
letters   dead letters and their way back
health    lags, workers, the registry, the doctor
"""

from __future__ import annotations

from ..calls import Endpoint
from ..console import Console
from . import answers, health, items, letters, metrics, people, stream, texts, versions


def endpoints(console: Console) -> list[Endpoint]:
    """All endpoints of a console."""
    parts = (people, stream, items, answers, texts, versions, metrics, letters, health)
    return [endpoint for part in parts for endpoint in part.endpoints(console)]
