# SPDX-License-Identifier: Apache-2.0
"""A toy pipeline, corrections for it, and a trainer on them, in a folder."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.config.config import parse_config
from schemas import Correction, LabelledSpan, Layer, encode_correction, parse_dead_letter
from tests.engine.toy import shared, toy_pipeline
from tests.workers.support import create_topics, write
from workers.bundled import find_config
from workers.corrections import dead_letter_topic
from workers.model_registry import ModelRegistry, open_registry
from workers.trainer.session import Session
from workers.trainer.trainer import run_trainer
from workers.trainer.trainer_config import TrainerConfig, read_trainer_config
from workers.transports.address import open_transport
from workers.transports.base import OutgoingRecord, Transport
from workers.transports.embedded.transport import EmbeddedTransport

TOPIC = "corrections"
PEOPLE = ("Ada", "Grace", "Linus", "Barbara", "Edsger")
PLACES = ("Kigali", "York", "Oslo", "Lima")
BASE = (
    '{"text": "Ada met Grace .", "ents": [{"start": 0, "end": 3, "label": "PER"}, {"start": 8, '
    '"end": 13, "label": "PER"}]}\n'
)
SMALL: dict[str, Any] = {
    "training.batcher.capacity": 12,
    "training.batcher.early": 0,
    "training.batcher.batcher.batcher.size": 4,
    "training.optimizer.learn_rate.rate": 0.002,
    "training.optimizer.learn_rate.steps": 3,
    "learner.checkpoint_every": 7,
    "learner.candidate_every": 20,
    "learner.candidate_seconds": 0.0,
    "learner.held_out_percent": 20.0,
    "learner.average": 0.5,
    "learner.consolidation.every": 8,
    "learner.consolidation.max_epochs": 6,
    "learner.grow_labels": ["*"],
    "learner.gate.max_hidden_loss": 1.0,
    "learner.gate.max_latency_ratio": 1000.0,
    "learner.gate.max_negative_flips": 1.0,
    "learner.gate.tolerance": 1.0,
    "learner.gate.label_tolerance": 1.0,
    "learner.gate.min_gain": -1.0,
    "training.logger": {"@loggers": "freshet.JsonlLogger.v1", "path": None},
}
"""Values of a config under which a toy learns often, also new labels, and is always promoted."""


def correction(i: int, **fields: Any) -> Correction:
    """One person in one place, by a number."""
    person, place = PEOPLE[i % len(PEOPLE)], PLACES[i % len(PLACES)]
    text = f"{person} lives in {place} ."
    at = text.index(place)
    spans = [LabelledSpan(0, len(person), "PER"), LabelledSpan(at, at + len(place), "LOC")]
    plain: dict[str, Any] = {
        "correction_id": f"c{i}",
        "author": "ada",
        "created": "2026-11-21T06:00:00Z",
        "id": f"m{i}",
        "text": text,
    }
    return Correction(**{**plain, "layers": {"ents": Layer(spans=spans)}, **fields})


def various(i: int) -> Correction:
    """One correction by a number: most name a person and a place, some bring a label that no head has, or say
    what is wrong."""
    plain = correction(i)
    person, place = plain.layers["ents"].spans
    layers: dict[int, dict[str, Layer]] = {
        5: {"cats": Layer(scores={"travel": 1.0})},
        6: {"ents": Layer(spans=[person, replace(place, label="TOWN")])},
        7: {"ents": Layer("partial", wrong=[replace(place, label="PER")])},
    }
    return correction(i, layers=layers[i % 8]) if i % 8 in layers else plain


def various_records(n: int, partitions: int = 1) -> list[OutgoingRecord]:
    """So many `various` corrections, otherwise as `records`."""
    return records(n, partitions, various)


def records(
    n: int, partitions: int = 1, make: Callable[[int], Correction] = correction
) -> list[OutgoingRecord]:
    """So many corrections; every tenth one comes twice, one is no correction, one takes the place of
    another."""
    made = [record_of(make(i), i % partitions) for i in range(n)]
    for i in range(5, n, 10):
        made.insert(i, made[i - 1])
    if n > 12:
        made.insert(12, record_of(b"{no json"))
        made.insert(
            n // 2,
            record_of(correction(3, correction_id="c3b", supersedes="c3"), 3 % partitions),
        )
    return made


def record_of(value: Correction | bytes, partition: int = 0) -> OutgoingRecord:
    """A correction on its way to the topic, or something else in its place."""
    data = value if isinstance(value, bytes) else encode_correction(value)
    return OutgoingRecord(
        TOPIC, data, key=b"m", headers=(("freshet-schema", b"correction/1"),), partition=partition
    )


class Workshop:
    """A folder with a toy pipeline, a log of corrections and a registry."""

    def __init__(
        self,
        folder: Path,
        *,
        broker: str = "",
        registry: str = "",
        model: Path | None = None,
        topic: str = TOPIC,
    ) -> None:
        self.folder = folder
        self.broker = broker or f"embedded:{folder / 'log'}"
        self.registry = registry or f"embedded:{folder / 'registry'}"
        self.model, self.base, self.topic = model or folder / "model", folder / "base.jsonl", topic
        folder.mkdir(parents=True, exist_ok=True)
        if not self.model.exists():
            toy_pipeline(shared("tagger", "ner", "textcat")).to_disk(self.model)
        self.base.write_text(BASE * 3)

    def send(
        self, sent: list[OutgoingRecord], partitions: int = 1, transport: Transport | None = None
    ) -> None:
        """Write corrections."""
        with nullcontext(transport) if transport else closing(self.log()) as log:
            create_topics(log, partitions, [self.topic])
            write(log, [record._replace(topic=self.topic) for record in sent])

    def log(self) -> EmbeddedTransport:
        """The log of corrections, a connection of one's own."""
        return EmbeddedTransport(self.folder / "log" / "log.sqlite")

    def config(self, **overrides: Any) -> TrainerConfig:
        """The bundled config with small numbers; keys are dotted names with `__` for dots."""
        values = {
            **SMALL,
            "corpora.train.topic": self.topic,
            "paths.model": str(self.model),
            "paths.base": str(self.base),
        }
        values |= {key.replace("__", "."): value for key, value in overrides.items()}
        config = parse_config(find_config("learn.cfg").read_text(), values)
        return read_trainer_config(config, broker=self.broker, registry=self.registry)

    def learn(self, on_step: Callable[[str], None] = lambda step: None, **overrides: Any) -> Session:
        """Learn all that there is."""
        return run_trainer(
            self.config(**overrides),
            stdout=io.StringIO(),
            stderr=io.StringIO(),
            until_end=True,
            on_step=on_step,
        )

    def open(self) -> ModelRegistry:
        """The registry."""
        return open_registry(self.registry)

    def digest(self) -> str:
        """Of the state that was committed last."""
        with self.open() as registry:
            found = registry.checkpoint()
            assert found is not None
            return found.state_digest

    def dead_letters(self) -> list[str]:
        """Places of the records that have a dead letter, one for each letter."""
        with closing(open_transport(self.broker)) as log:
            letters = log.read(dead_letter_topic(self.topic))
            return [str(parse_dead_letter(letter.headers).source) for letter in letters]
