# SPDX-License-Identifier: Apache-2.0
"""What a promise of few errors is worth, and what it costs: `python -m benchmarks.routing DATA [--splits 100]
[--model DIR] [--json]`.

A recogniser that learned Universal NER's train part annotates the sentences of its dev part, each a text of
its own. In each of 100 random splits one half judges, as held-out corrections do, and makes scales and risk
curve; the other half are the texts to come. For each promised share of errors: in how many splits the share
of wrong texts among those marked `auto` stays within the promise, how many are `auto`, how many could have
been for one who knows the answers, and how well a share of audits of 0.1 tells the true share of errors. A
text is wrong where any entity is missing, too much, or has another label. The train part carries an older
labelling pass than the dev part, so about a fifth of all texts are wrong.

Then probabilities: the gap between what is promised and what is true over ten equal parts (expected
calibration error), of the model's own word and calibrated. Last, processor time of a text from the record to
its annotation, without confidences, with them, and with routes, alternating in one process; one text a
sentence, which is the worst case, and ten sentences a text.
"""

from __future__ import annotations

import argparse
import json
import sys
import tarfile
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean, median

import numpy as np
import orjson

import engine
from engine import Example, Pipeline
from engine.confidence import Calibration, Scale, calibrate, fit_scale, judge_texts, risk_curve_of
from engine.training.corpus import groups_of, tagged_sentences
from engine.training.gold import doc_of_sentences
from workers.serving import annotate_records
from workers.serving.pipeline_model import PipelineModel, model_ref
from workers.serving.triage import in_audit, triage_of
from workers.settings import RouteSettings, WorkerSettings
from workers.transports.base import Record

PROMISES = (0.05, 0.1, 0.15, 0.2)
DOUBT = RouteSettings().doubt
AUDIT_SHARE = 0.1
N_HOLD = 95
"""Of 100 splits, those in which a promise has to hold."""
BATCH = 256
"""Texts that are annotated together."""
MAX_COST = 0.03
WARM_UP, ROUNDS = 2, 15


@dataclass(frozen=True, slots=True)
class Kept:
    """How one promise was kept over all splits; shares are means over the splits."""

    max_error: float
    held: int
    splits: int
    auto: float
    possible: float
    error: float
    audit_gap: float


def main() -> None:
    """Print the tables; exit code 1 where a promise was broken too often or the cost is too high."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="folder with uner_english_ewt and pipelines")
    parser.add_argument("--model", type=Path, help="a pipeline with ner, instead of pipelines/uner_cnn")
    parser.add_argument("--splits", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    nlp = _pipeline(options.data, options.model)
    examples = _texts(nlp, options.data / "uner_english_ewt" / "dev.iob2", 1)
    surprises, wrong = judge_texts(nlp, examples)
    kept = promises(surprises, wrong, options.splits, options.seed)
    gaps = calibration_gaps(surprises, ~wrong, options.splits, options.seed)
    longer = _texts(nlp, options.data / "uner_english_ewt" / "dev.iob2", 10)
    calibration = calibrate(nlp, examples)
    assert calibration is not None
    costs = {
        name: cost(nlp, calibration, [example.text for example in texts])
        for name, texts in (("a sentence", examples), ("ten sentences", longer))
    }
    if options.json:
        print(json.dumps({"promises": [asdict(k) for k in kept], "gaps": gaps, "cost": costs}))
    else:
        _print(kept, gaps, costs, len(examples), float(wrong.mean()))
    broken = any(k.held * 100 < N_HOLD * k.splits for k in kept)
    sys.exit(1 if broken or costs["ten sentences"]["confidence"] > 1 + MAX_COST else 0)


def promises(surprises: np.ndarray, wrong: np.ndarray, n_splits: int, seed: int) -> list[Kept]:
    """Each promise over all splits."""
    rng = np.random.default_rng(seed)
    splits = [np.array_split(rng.permutation(len(surprises)), 2) for _ in range(n_splits)]
    curves = [risk_curve_of(surprises[judging], wrong[judging]) for judging, _ in splits]
    found = []
    for max_error in PROMISES:
        rows = []
        for (_, to_come), curve in zip(splits, curves, strict=True):
            auto = to_come[surprises[to_come] < curve.threshold(max_error, DOUBT)]
            audited = [i for i in auto.tolist() if in_audit(f"texts:0:{i}", AUDIT_SHARE)]
            error = float(wrong[auto].mean()) if len(auto) else 0.0
            told = float(wrong[audited].mean()) if audited else 0.0
            possible = _possible(surprises[to_come], wrong[to_come], max_error)
            rows.append((error <= max_error, len(auto) / len(to_come), possible, error, abs(told - error)))
        held, *means = zip(*rows, strict=True)
        found.append(Kept(max_error, sum(held), n_splits, *(mean(values) for values in means)))
    return found


def calibration_gaps(surprises: np.ndarray, right: np.ndarray, n_splits: int, seed: int) -> dict[str, float]:
    """Expected calibration error of whole texts, of the model's own word and by the scale of the other
    half."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(n_splits):
        judging, to_come = np.array_split(rng.permutation(len(surprises)), 2)
        scale = fit_scale(surprises[judging], right[judging])
        assert scale is not None
        rows.append([_gap(s(surprises[to_come]), right[to_come]) for s in (Scale(), scale)])
    own, calibrated = map(mean, zip(*rows, strict=True))
    return {"own": own, "calibrated": calibrated}


def cost(nlp: Pipeline, calibration: Calibration, texts: Sequence[str]) -> dict[str, float]:
    """Processor time with confidences, and with routes too, over that without either; microseconds a text
    without."""
    plain = WorkerSettings(health_port=-1)
    sure = replace(plain, confidence=True)
    routed = replace(sure, route=RouteSettings(max_error=0.1, audit_share=AUDIT_SHARE))
    sides = {
        name: PipelineModel(nlp, ref=model_ref(nlp), triage=triage_of(settings, calibration, name))
        for name, settings in (("plain", plain), ("confidence", sure), ("routes", routed))
    }
    batches = [_records(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH)]
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(WARM_UP + ROUNDS):
        for name, model in sides.items():
            began = time.process_time()
            for records in batches:
                annotate_records(records, model, plain)
            if turn >= WARM_UP:
                seconds[name].append(time.process_time() - began)
    ratios = {
        name: median(s / p for s, p in zip(seconds[name], seconds["plain"], strict=True))
        for name in ("confidence", "routes")
    }
    return {"microseconds": 1e6 * median(seconds["plain"]) / len(texts), **ratios}


def _pipeline(data: Path, model: Path | None) -> Pipeline:
    if model is not None:
        return engine.load(model)
    with (
        tempfile.TemporaryDirectory() as folder,
        tarfile.open(data / "pipelines" / "uner_cnn.tar.xz") as packed,
    ):
        packed.extractall(folder, filter="data")
        return engine.load(Path(folder) / "uner_cnn")


def _texts(nlp: Pipeline, path: Path, n_sents: int) -> list[Example]:
    docs = (doc_of_sentences(nlp.tokenizer, group) for group in groups_of(tagged_sentences(path), n_sents))
    return [Example(doc, doc) for doc in docs]


def _records(texts: Sequence[str]) -> list[Record]:
    values = [orjson.dumps({"id": f"m{i}", "text": text}) for i, text in enumerate(texts)]
    return [Record("texts", 0, i, 0, b"k", value) for i, value in enumerate(values)]


def _possible(surprises: np.ndarray, wrong: np.ndarray, max_error: float) -> float:
    """The greatest share of surest texts of which at most this share is wrong."""
    errors = np.cumsum(wrong[np.argsort(surprises, kind="stable")]) / np.arange(1, len(wrong) + 1)
    within = np.flatnonzero(errors <= max_error)
    return float((within[-1] + 1) / len(wrong)) if len(within) else 0.0


def _gap(probabilities: np.ndarray, right: np.ndarray) -> float:
    parts = np.array_split(np.argsort(probabilities, kind="stable"), 10)
    gaps = [abs(probabilities[part].mean() - right[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(right))


def _print(
    kept: Sequence[Kept],
    gaps: dict[str, float],
    costs: dict[str, dict[str, float]],
    n_texts: int,
    wrong: float,
) -> None:
    print(f"{n_texts} texts, {wrong:.1%} of them wrong; chance that a promise is untrue: {DOUBT:.0%}")
    print(f"{'max_error':>9}  {'held':>8}  {'auto':>6}  {'possible':>8}  {'wrong':>6}  {'audit off by':>12}")
    for k in kept:
        print(
            f"{k.max_error:9.0%}  {k.held:4}/{k.splits}  {k.auto:6.1%}  {k.possible:8.1%}  {k.error:6.1%}  "
            f"{k.audit_gap:12.1%}"
        )
    print(f"calibration error of texts: own word {gaps['own']:.1%}, calibrated {gaps['calibrated']:.1%}")
    for name, row in costs.items():
        print(
            f"{name} a text: {row['microseconds']:.0f} us of processor time; with confidences x "
            f"{row['confidence']:.3f}, with routes x {row['routes']:.3f}"
        )


if __name__ == "__main__":
    main()
