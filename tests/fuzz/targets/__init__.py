# SPDX-License-Identifier: Apache-2.0
"""What is tried, by name: a file each kind of input."""

from __future__ import annotations

from importlib.util import find_spec

from ..trial import Target
from .chart import chart
from .configs import configs
from .corpora import conllu, docbin, iob2, jsonl
from .folders import folders_own, folders_ruled, folders_spacy
from .http import console, health
from .messages import corrections, messages, prodigy
from .vectors import vectors

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        messages,
        corrections,
        prodigy,
        conllu,
        iob2,
        jsonl,
        docbin,
        folders_own,
        folders_ruled,
        folders_spacy,
        configs,
        vectors,
        chart,
        console,
        health,
    )
}

if all(map(find_spec, ("tokenizers", "torch", "transformers"))):  # an extra
    from .encoders import encoders

    TARGETS[encoders.name] = encoders
