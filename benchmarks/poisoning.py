# SPDX-License-Identifier: Apache-2.0
"""What an author costs who labels badly: `python -m benchmarks.poisoning DATA [--seeds 1,2,3] [--json]`.

Two streams of corrections, learned by the trainer itself (`freshet learn`, shipped settings): Reddit comments
with one label (fashion_brands), and sentences of email, reviews and answers with three (Universal NER, whose
honest authors have a genre each, so that some have harder texts than others). One correction in ten is by an
author who flips: labels are turned, or, where there is one label alone, what is an entity is none and the
other way round. Arms: `absent` (the others' corrections alone), `guarded` (shipped settings) and `unguarded`
(`--learner.authors.hold false`). F of entities on the dev part after the stream; how many flipped corrections
were learned before the author was held back; honest authors who were held back, of how many.

Then the rate of honest authors who are held back: what the model said of each correction of the arm `absent`
is kept, authors are drawn anew many times, and the ledger judges them. Targets: the flipper costs at most
0.5 F against `absent`; at most one honest author in 100 is held back.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any
from unittest.mock import patch

import engine
from engine import Pipeline
from engine.annotation import gold_of_row
from engine.config.config import parse_config
from engine.doc.doc import Doc
from engine.doc.example import Example, entities_of
from engine.scoring.unit_pairs import UnitPair
from engine.training.corpus import examples_of
from engine.training.json_lines import read_rows
from schemas import Correction, LabelledSpan, Layer, encode_correction
from workers.bundled import find_config
from workers.settings import AuthorSettings
from workers.trainer.author_ledger import Author, AuthorLedger, Standing
from workers.trainer.session import Session
from workers.trainer.trainer import run_trainer
from workers.trainer.trainer_config import read_trainer_config
from workers.transports.base import OutgoingRecord
from workers.transports.embedded.transport import EmbeddedTransport

from .genre_stream import CONFIG, NEW, OLD, by_genre, teach

SHARE = 10
"""One correction in so many is by the author who flips."""
FLIPPER = "flip"
HONEST = 9
TOPIC = "corrections"
ARMS: dict[str, dict[str, Any]] = {
    "absent": {},
    "guarded": {},
    "unguarded": {"learner.authors.hold": False},
}

Spans = list[LabelledSpan]


@dataclass(frozen=True, slots=True)
class Stream:
    """A base to begin with, texts with what is right, the group that each belongs to, and the dev part."""

    champion: Pipeline
    base: list[Doc]
    texts: list[tuple[str, Spans, str]]
    dev: list[Example]

    @property
    def labels(self) -> list[str]:
        """All labels, in order."""
        return sorted({span.label for _, spans, _ in self.texts for span in spans})


def main() -> None:
    """Print a table for each stream, and the rate of honest authors who are held back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with fashion_brands and the English treebanks")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--streams", default=",".join(STREAMS))
    parser.add_argument("--arms", default=",".join(ARMS))
    parser.add_argument("--draws", type=int, default=1000, help="draws of honest authors")
    parser.add_argument("--limit", type=int, default=1200, help="corrections of a stream")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=JSON", help="of the config")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    more = {key: json.loads(value) for key, _, value in (one.partition("=") for one in options.set)}
    results: dict[str, Any] = {}
    for name in options.streams.split(","):
        runs = [
            run(
                STREAMS[name](options.data, seed, options.limit),
                seed,
                options.arms.split(","),
                more,
                options.draws,
            )
            for seed in map(int, options.seeds.split(","))
        ]
        results[name] = {"runs": runs, **summary_of(runs)}
        if not options.json:
            print_table(name, results[name])
    if options.json:
        print(json.dumps(results))


def run(stream: Stream, seed: int, arms: Sequence[str], more: dict[str, Any], draws: int) -> dict[str, Any]:
    """The arms of one seed, and the draws of authors over what the model said without the flipper."""
    found: dict[str, Any] = {"champion_f": 100 * stream.champion.evaluate(stream.dev)["ents_f"]}
    for arm in arms:
        began, witnessed = time.process_time(), Witness()
        with witnessed.watching():
            session = learn(stream, corrections_of(stream, seed, flips=arm != "absent"), more | ARMS[arm])
        authors = session.parts.filter.authors.authors
        flipper = authors.get(FLIPPER, Author()).counts
        with session.parts.learner.candidate() as candidate:
            f = 100 * candidate.evaluate(stream.dev)["ents_f"]
        honest = [one for name, one in authors.items() if name != FLIPPER]
        found[arm] = {
            "f": f,
            "flips_learned": flipper["learned"],
            "flips": flipper["read"],
            "honest_held": sum(one.standing is Standing.HELD for one in honest),
            "honest": len(honest),
            "cpu_s": time.process_time() - began,
        }
        if arm == "absent":
            found["drawn"] = draw(witnessed.seen, seed, draws)
        print(f"seed {seed}, {arm}: {found[arm]}", file=sys.stderr, flush=True)
    return found


class Witness:
    """Keeps what the model said of each correction before it was learned, beside the text."""

    def __init__(self) -> None:
        self.seen: list[dict[str, UnitPair]] = []

    def watching(self) -> Any:
        """While this lasts, whatever is judged is kept."""
        judge = AuthorLedger.judge

        def keep(ledger: AuthorLedger, name: str, pairs: dict[str, UnitPair]) -> bool:
            self.seen.append(dict(pairs))
            return judge(ledger, name, pairs)

        return patch.object(AuthorLedger, "judge", keep)


def draw(seen: Sequence[dict[str, UnitPair]], seed: int, draws: int) -> dict[str, float]:
    """Share of honest authors that are held back where authors are drawn at random, some of them seldom and
    new, over so many draws."""
    held = authors = 0
    for i in range(draws):
        rng, ledger = random.Random(f"{seed}:{i}"), AuthorLedger(AuthorSettings())
        weights = [1.0 / (k + 1) for k in range(rng.randint(2, 12))]
        for pairs in seen:
            ledger.judge(str(rng.choices(range(len(weights)), weights)[0]), pairs)
        held += sum(one.standing is Standing.HELD for one in ledger.authors.values())
        authors += len(ledger.authors)
    return {"held": held, "authors": authors}


def corrections_of(stream: Stream, seed: int, *, flips: bool) -> Iterator[Correction]:
    """The stream as corrections, one in ten by the flipper, if there shall be one, the others by honest
    authors of the text's group: the same in every arm."""
    rng = random.Random(seed)
    for i, (text, spans, group) in enumerate(stream.texts):
        bad, number = rng.random() < 1 / SHARE, rng.randrange(HONEST // len(groups_of(stream)))
        if bad and not flips:
            continue
        author = FLIPPER if bad else f"{group}{number}"
        said = flip(text, spans, stream.labels, random.Random(f"{seed}:{i}")) if bad else spans
        layers = {"ents": Layer("complete", spans=said)}
        yield Correction(f"c{i}", author, "2026-11-29T00:00:00Z", f"m{i}", text, layers)


def groups_of(stream: Stream) -> set[str]:
    """The groups that texts belong to."""
    return {group for _, _, group in stream.texts}


def flip(text: str, spans: Spans, labels: Sequence[str], rng: random.Random) -> Spans:
    """Every label turned into another one; of a single label, a word that is no entity in place of all that
    are."""
    if len(labels) > 1:
        return [replace(span, label=labels[(labels.index(span.label) + 1) % len(labels)]) for span in spans]
    words = [
        (text.index(word), word) for word in set(text.split()) if word.isalpha() and text.count(word) == 1
    ]
    free = sorted(
        (at, at + len(word))
        for at, word in words
        if all(at + len(word) <= span.start or at >= span.end for span in spans)
    )
    return [LabelledSpan(*rng.choice(free), labels[0])] if free else []


def learn(stream: Stream, corrections: Iterator[Correction], more: dict[str, Any]) -> Session:
    """The trainer's session at the stream's end."""
    with tempfile.TemporaryDirectory(prefix="freshet-poisoning-") as name:
        folder = Path(name)
        stream.champion.to_disk(folder / "model")
        base = folder / "base.jsonl"
        base.write_text("".join(json.dumps(plain(doc)) + "\n" for doc in stream.base), encoding="utf8")
        with closing(EmbeddedTransport(folder / "log" / "log.sqlite")) as log:
            with closing(log.admin()) as admin:
                admin.create_topic(TOPIC, 1)
            with closing(log.producer()) as producer:
                producer.send(
                    [
                        OutgoingRecord(TOPIC, encode_correction(one), key=one.id.encode())
                        for one in corrections
                    ]
                )
        values = {
            "paths.model": str(folder / "model"),
            "paths.base": str(base),
            "learner.promote": False,
            "learner.candidate_every": 0,
            "learner.candidate_seconds": 0.0,
            "training.logger": {"@loggers": "freshet.JsonlLogger.v1", "path": None},
            **more,
        }
        config = read_trainer_config(
            parse_config(find_config("learn.cfg").read_text(), values),
            broker=f"embedded:{folder / 'log'}",
            registry=f"embedded:{folder / 'registry'}",
        )
        return run_trainer(config, stdout=io.StringIO(), stderr=io.StringIO(), until_end=True)


def plain(doc: Doc) -> dict[str, Any]:
    """A gold document as JSON values, entities by characters."""
    return {"text": doc.text, "ents": [asdict(span) for span in spans_of(doc)]}


def spans_of(doc: Doc) -> Spans:
    """A gold document's entities by characters."""
    return [LabelledSpan(int(doc.starts[a]), int(doc.ends[b - 1]), label) for a, b, label in entities_of(doc)]


def fashion(data: Path, seed: int, limit: int) -> Stream:
    """Reddit comments in Prodigy's form: the first 300 are the base, then the stream."""
    champion = engine.from_config(CONFIG, {"nlp.pipeline": ["tok2vec", "ner"], "paths.data": str(data)})

    def docs(part: str) -> list[Doc]:
        rows = (row for _, row in read_rows(data / "fashion_brands" / f"{part}.jsonl"))
        said = (gold_of_row(champion.tokenizer, row) for row in rows)
        return [one.gold for one in said if one is not None and one.gold is not None]

    train, dev = docs("train"), docs("dev")
    base, rest = train[:300], train[300 : 300 + limit]
    teach(champion, list(examples_of(champion.tokenizer, base)), seed)
    texts = [(doc.text, spans_of(doc), "reddit") for doc in rest]
    return Stream(champion, base, texts, list(examples_of(champion.tokenizer, dev)))


def uner(data: Path, seed: int, limit: int) -> Stream:
    """Sentences of Universal NER: weblogs and newsgroups are the base, then the other genres mixed."""
    champion = engine.from_config(CONFIG, {"nlp.pipeline": ["tok2vec", "ner"], "paths.data": str(data)})
    train, dev = (by_genre(champion, data, part) for part in ("train", "dev"))
    old = [example for genre in OLD for example in train[genre]]
    teach(champion, old, seed)
    new = [(genre, example.reference) for genre in NEW for example in train[genre]]
    random.Random(seed).shuffle(new)
    texts = [(doc.text, spans_of(doc), genre) for genre, doc in new[:limit]]
    return Stream(champion, [e.reference for e in old], texts, [e for genre in NEW for e in dev[genre]])


STREAMS: dict[str, Callable[[Path, int, int], Stream]] = {"fashion_brands": fashion, "uner": uner}


def summary_of(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means over the seeds."""
    arms = [arm for arm in ARMS if arm in runs[0]]
    f = {arm: mean(one[arm]["f"] for one in runs) for arm in arms}
    return {
        "f": f,
        "costs": {arm: f["absent"] - f[arm] for arm in arms[1:]} if "absent" in f else {},
        "drawn_held": sum(one["drawn"]["held"] for one in runs if "drawn" in one),
        "drawn": sum(one["drawn"]["authors"] for one in runs if "drawn" in one),
    }


def print_table(name: str, found: dict[str, Any]) -> None:
    """One row for each arm and seed, then the means."""
    print(f"\n{name}\n{'seed':<6}{'arm':<12}{'F':>7}{'flips learned':>16}{'honest held':>14}{'CPU s':>8}")
    for i, one in enumerate(found["runs"], 1):
        for arm in found["f"]:
            row = one[arm]
            print(
                f"{i:<6}{arm:<12}{row['f']:>7.1f}{row['flips_learned']:>10} of {row['flips']:<4}"
                f"{row['honest_held']:>6} of {row['honest']:<4}{row['cpu_s']:>8.0f}"
            )
    print(f"champion F {mean(one['champion_f'] for one in found['runs']):.1f}")
    for arm, cost in found["costs"].items():
        print(f"the flipper costs {cost:.2f} F, {arm}")
    print(f"honest authors held back, drawn anew: {found['drawn_held']} of {found['drawn']}")


if __name__ == "__main__":
    main()
