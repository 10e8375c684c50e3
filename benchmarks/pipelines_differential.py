# SPDX-License-Identifier: Apache-2.0
"""Pipelines beside spaCy's on real and odd text: `python -m benchmarks.pipelines_differential --spacy-python
PY --data DATA`.

From each seed a random pipeline is drawn (`pipelines_random`), which spaCy makes, trains a little, saves,
loads and annotates texts with (`pipelines_peer`); Freshet loads the same folder and annotates the same texts.
All layers must be equal, scores to 1e-4. Then the folder is converted to Freshet's own form and loaded again,
the texts come in batches, components are left out: what is said must stay the same. A layer that differs
where spaCy's own two matrix products differ, too, or where spans sorted by score are equally good, is counted
apart, as a near-tie; so are tokens that 16-bit weights change. Prints each difference with its seed, and
exits with 1 if there was one.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import engine

from .pipelines_random import recipe, texts_of
from .spacy_python import asked, given_python

SPACY_SIDE = Path(__file__).with_name("pipelines_spacy.py")
CLOSE = 1e-4
"""Scores that are so near each other are equal."""

BATCH_CLOSE = 1e-3
"""The same for one text alone and among others, where sums have another order throughout."""

SHOWN = 4
"""Differences of one pipeline that are printed."""

HALF_SHARE = 0.002
"""Of the tokens of a layer, so many may change by 16-bit weights."""

Answer = dict[str, Any]


def main() -> None:
    """Compare some pipelines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spacy-python", default=given_python(), help="interpreter that has spaCy")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("FRESHET_DATA", "data")))
    parser.add_argument("--pipelines", type=int, default=20)
    parser.add_argument(
        "--seed", type=int, default=0, help="of the first pipeline; the others count up from it"
    )
    parser.add_argument("--texts", type=int, default=40, help="texts beside the odd ones")
    parser.add_argument("--keep", type=Path, help="keep the folders of pipelines that differ here")
    options = parser.parse_args()
    if not options.spacy_python:
        parser.error("set FRESHET_SPACY_PYTHON, or give --spacy-python: an interpreter that has spaCy 3.8")
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "saved"
        command = [options.spacy_python, str(SPACY_SIDE), str(options.data), str(saved)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as spacy:
            for seed in range(options.seed, options.seed + options.pipelines):
                shutil.rmtree(saved, ignore_errors=True)
                counts.update(found := one_pipeline(spacy, seed, options.data, options.texts, saved))
                if options.keep and found["differences"]:
                    shutil.copytree(saved, options.keep / str(seed), dirs_exist_ok=True)
            assert spacy.stdin is not None
            spacy.stdin.close()
    print(", ".join(f"{number} {what}" for what, number in counts.items()))
    sys.exit(1 if counts["differences"] else 0)


def one_pipeline(
    spacy: subprocess.Popen[str], seed: int, data: Path, n_texts: int, saved: Path
) -> Counter[str]:
    """Have one made, and compare all; what was counted."""
    wanted = recipe(seed)
    texts = texts_of(data, random.Random(f"texts {seed}"), n_texts)
    theirs = asked(spacy, {**wanted, "texts": texts})
    if "failed" in theirs:
        print(f"seed {seed}: spaCy itself refuses: {theirs['failed'].strip().splitlines()[-1][:200]}")
        return Counter({"refused by spaCy": 1, "differences": 0})
    counts = Counter(
        {
            "pipelines": 1,
            "texts": len(texts),
            "tokens": sum(len(doc.get("tokens", ())) for doc in theirs["docs"]),
        }
    )
    counts["differences"] = 0
    counts["texts that spaCy cannot annotate"] = sum("error" in doc for doc in theirs["docs"])
    mish = "MishWindowEncoder" in json.dumps(wanted)
    try:
        found = [*differences(saved, texts, theirs, wanted, neighbours_matter=mish)]
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        found = [("crash", f"{type(error).__name__} in {where.filename}:{where.lineno}: {str(error)[:600]}")]
    for kind, _ in found:
        counts[{"near-tie": "near-ties", "half": "changed by half"}.get(kind, "differences")] += 1
    real = [item for item in found if item[0] not in ("near-tie", "half")]
    print(
        f"seed {seed} [{wanted['lang']}] {' '.join(theirs['names'])}: {len(real)} differences, "
        f"{len(found) - len(real)} near-ties",
        flush=True,
    )
    for kind, what in [*real, *(item for item in found if item not in real)][:SHOWN]:
        print(f"  {kind}: {what}")
    return counts


def differences(
    saved: Path, texts: list[str], theirs: Answer, wanted: dict[str, Any], *, neighbours_matter: bool
) -> Iterator[tuple[str, str]]:
    """Everything that is not as spaCy says, or not the same in another form of the same pipeline."""
    pipeline = engine.load(saved)
    if pipeline.names != theirs["names"]:
        yield "names", f"expected {theirs['names']}, got {pipeline.names}"
    ours = answers(pipeline, texts)
    for i, (one, other, again) in enumerate(zip(ours, theirs["docs"], theirs["again"], strict=True)):
        for layer in unequal(one, other):
            unsure = layer in unequal(again, other, CLOSE / 10) or layer not in unequal(one, again)
            unsure |= layer in ("spans", "scores") and has_ties(other["scores"])
            kind = "near-tie" if unsure else layer
            yield kind, f"text {i} {texts[i][:60]!r}, {layer}: {first_difference(one, other, layer)}"
    converted = saved.parent / "converted"
    shutil.rmtree(converted, ignore_errors=True)
    pipeline.to_disk(converted)
    yield from unlike("converted", answers(engine.load(converted), texts), ours)
    near = [
        unequal(again, other, CLOSE / 10)
        for again, other in zip(theirs["again"], theirs["docs"], strict=True)
    ]
    if not neighbours_matter:
        docs = [
            doc
            for text, doc, unsure in zip(texts, ours, near, strict=True)
            if text.strip() and not unsure and "error" not in doc
        ]
        yield from unlike(
            "batched", [said(doc) for doc in pipeline.pipe([doc["text"] for doc in docs])], docs, BATCH_CLOSE
        )
    yield from excluded(saved, theirs["names"], wanted["excluded"], texts)
    if wanted["steps"] >= 10 and not wanted["noise"]:
        pipeline.to_disk(converted, half=True)
        yield from changed_by_half(answers(engine.load(converted), texts), ours)


def excluded(
    saved: Path, names: list[str], wanted: Sequence[str], texts: list[str]
) -> Iterator[tuple[str, str]]:
    """Loading without components: all others run as before, none of these."""
    without = engine.load(saved, exclude=wanted)
    if without.names != [name for name in names if name not in wanted]:
        yield "exclude", f"expected no {', '.join(wanted)}, got {without.names}"
    answers(without, texts[:10])


def unlike(
    kind: str, ours: list[Answer], before: list[Answer], close: float = CLOSE
) -> Iterator[tuple[str, str]]:
    """Documents that are not what they were."""
    for one, other in zip(ours, before, strict=True):
        for layer in unequal(one, other, close):
            unsure = layer in ("spans", "scores") and has_ties(other["scores"])
            yield (
                "near-tie" if unsure else kind,
                f"text {one.get('text', '')[:60]!r}, {layer}: {first_difference(one, other, layer)}",
            )


def changed_by_half(ours: list[Answer], before: list[Answer]) -> Iterator[tuple[str, str]]:
    """Layers of tokens of which more than the allowed share changed."""
    counts: Counter[str] = Counter()
    pairs = [
        (a, b)
        for one, other in zip(ours, before, strict=True)
        for a, b in zip(one.get("tokens", ()), other.get("tokens", ()), strict=True)
    ]
    for one, other in pairs:
        counts.update(key for key in other if one.get(key) != other[key])
    for key, number in counts.items():
        if number > max(3, HALF_SHARE * len(pairs)):
            yield "half", f"{key}: {number} of {len(pairs)} tokens"


def answers(pipeline: engine.Pipeline, texts: list[str]) -> list[Answer]:
    """What Freshet says of texts, one by one."""
    out = []
    for text in texts:
        try:
            out.append(said(pipeline(text)))
        except engine.EngineError as error:
            out.append({"error": str(error)[:300]})
    return out


def said(doc: engine.Doc) -> Answer:
    """All layers in the form of spaCy's answer."""
    scores = {
        key: found
        for key in doc.spans
        if doc.batch.spans[key].scores is not None and (found := doc.span_scores(key))
    }
    return {
        **doc.to_json(),
        "cats": doc.cats,
        "norms": doc.norms,
        "starts": [token.is_sent_start for token in doc][1:],
        "ids": [[ent.start, ent.end, ent.label, ent.id] for ent in doc.ents],
        "scores": scores,
    }


def unequal(one: Answer, other: Answer, close: float = CLOSE) -> list[str]:
    """Layers that differ; none where spaCy, `other`, cannot annotate."""
    if "error" in other:
        return []
    if "error" in one:
        return ["error"]
    return [key for key in dict.fromkeys([*other, *one]) if not same(one.get(key), other.get(key), close)]


def has_ties(scores: dict[str, list[float]]) -> bool:
    """Whether two spans of a group that is sorted by score are equally good, so that either may come
    first."""
    ordered = (sorted(group) for group in scores.values())
    return any(other - one < CLOSE / 100 for group in ordered for one, other in pairwise(group))


def same(one: Any, other: Any, close: float = CLOSE) -> bool:
    """Whether two values are equal, floats nearly."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= close or (one != one and other != other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key], close) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(*pair, close) for pair in zip(one, other, strict=True))
    return type(one) is type(other) and one == other


def first_difference(one: Answer, other: Answer, layer: str) -> str:
    """The first values that differ."""
    if layer == "error":
        return (
            f"freshet {str(one.get('error', 'annotates'))!r}, spaCy {str(other.get('error', 'annotates'))!r}"
        )
    mine, theirs = one.get(layer), other.get(layer)
    if isinstance(mine, dict) and isinstance(theirs, dict):
        key = next(key for key in [*theirs, *mine] if not same(mine.get(key), theirs.get(key)))
        mine, theirs, layer = mine.get(key), theirs.get(key), f"{layer} {key!r}"
    if isinstance(mine, list) and isinstance(theirs, list):
        at = next(
            (i for i, pair in enumerate(zip(mine, theirs, strict=False)) if not same(*pair)),
            min(len(mine), len(theirs)),
        )
        mine, theirs = [
            f"{len(values)} of them, [{at}] = {values[at] if at < len(values) else 'none'}"
            for values in (mine, theirs)
        ]
    return f"freshet {str(mine)[:250]}, spaCy {str(theirs)[:250]}"


if __name__ == "__main__":
    main()
