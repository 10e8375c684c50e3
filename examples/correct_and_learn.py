# SPDX-License-Identifier: Apache-2.0
"""Correct and learn: people say what entities are, the trainer learns it, a new version enters the registry.

The trainer is the command `freshet learn`; with `--until-end` it stops when all corrections are learned. Its
gate judges each candidate by corrections that were held out; the verdict is kept with the version, and what
passes serves at once.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from schemas import Correction, LabelledSpan, Layer, encode_correction
from workers.model_registry import open_registry
from workers.transports import OutgoingRecord, open_transport

CITIES = ("Kigali", "Lagos", "Quito", "Oslo", "Lima", "Hanoi", "Turin", "Accra", "Bergen", "Cusco")


def correction_of(i: int, city: str) -> Correction:
    """What a person says about the text "The mayor of CITY resigned."."""
    text = f"The mayor of {city} resigned."
    start = text.index(city)
    city_span = LabelledSpan(start, start + len(city), "LOC")
    return Correction(
        correction_id=f"c-{i}",
        author="ada",
        created="2026-01-01T00:00:00Z",
        id=f"text-{i}",
        text=text,
        layers={"ents": Layer("complete", spans=[city_span])},
    )


def main(broker: str, registry: str) -> None:
    """Send corrections, learn them, list the versions."""
    with closing(open_transport(broker)) as log, closing(log.admin()) as admin:
        admin.create_topic("corrections", partitions=1)
        corrections = [correction_of(i, city) for i, city in enumerate(CITIES * 2)]
        with closing(log.producer()) as producer:
            producer.send([OutgoingRecord("corrections", encode_correction(c)) for c in corrections])

    words = ["learn", "learn.cfg", "--until-end", "--learner.candidate_every", "10"]
    command = [sys.executable, "-m", "workers.cli", *words, "--broker", broker, "--registry", registry]
    subprocess.run(command, check=True)

    with open_registry(registry) as models:
        for version in models.versions():
            learned = sum(version.corrections.values())
            print("version", version.number, version.state, "learned", learned, "corrections")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        place = f"embedded:{Path(folder) / 'freshet'}"
        main(sys.argv[1] if len(sys.argv) > 1 else place, place)
