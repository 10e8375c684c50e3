# SPDX-License-Identifier: Apache-2.0
"""Annotate a topic: texts in, a worker, annotations out, and a record that cannot be annotated.

The worker is the command `freshet annotate`, as it runs in production; this script stands for the services
around it, which write texts and read annotations. The log is a file; give `kafka://HOST:PORT` for a broker.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from schemas import TextMessage, decode_annotation, encode_text
from workers.transports import OutgoingRecord, Transport, open_transport

TEXTS = ("Ada Lovelace met Charles Babbage in London.", "Kigali is the capital of Rwanda.", "")


def main(broker: str) -> None:
    """Send the texts, annotate them, print what came out."""
    with closing(open_transport(broker)) as log:
        with closing(log.admin()) as admin:
            for topic in ("texts", "annotations", "texts.dlq"):
                admin.create_topic(topic, partitions=2)

        values = [encode_text(TextMessage(f"text-{i}", text)) for i, text in enumerate(TEXTS)]
        with closing(log.producer()) as producer:
            producer.send([OutgoingRecord("texts", value) for value in [*values, b"{ no JSON"]])

        annotate_and_print(log, broker)


def annotate_and_print(log: Transport, broker: str) -> None:
    """A worker for as long as its annotations are read."""
    command = [sys.executable, "-m", "workers.cli", "annotate", "en_starter", "--log-level", "warning"]
    worker = subprocess.Popen([*command, "--broker", broker, "--worker.health_port", "-1"])
    try:
        for record in log.read("annotations", follow=True, limit=len(TEXTS)):
            annotation = decode_annotation(record.value or b"", headers=record.headers)
            found = [(annotation.text[ent.start : ent.end], ent.label) for ent in annotation.ents or ()]
            print(annotation.id, found, "by", annotation.model.name, annotation.model.version)
        (letter,) = log.read("texts.dlq", follow=True, limit=1)
        print("dead letter:", letter.value)
    finally:
        worker.terminate()  # it commits what it has, leaves its group and ends with 0
        code = worker.wait()
    print("worker ended with", code)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(sys.argv[1] if len(sys.argv) > 1 else f"embedded:{Path(folder) / 'log'}")
