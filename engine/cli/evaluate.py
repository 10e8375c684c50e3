# SPDX-License-Identifier: Apache-2.0
"""Scores of a pipeline on held-out data, also component by component."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..displacy import STYLES, render
from ..doc.doc import Doc
from ..doc.example import Example
from ..doc.example_batch import batch_of
from ..errors import EngineError
from ..pipeline.build import load
from ..pipeline.pipeline import Pipeline
from ..scoring.ruler_scores import score_group
from ..scoring.scorer import score_tokenization
from ..training.corpus import Corpus


def evaluate(
    model: str | Path,
    data_path: str | Path,
    output: str | Path | None = None,
    *,
    use_gpu: int = -1,
    gold_preproc: bool = False,
    displacy_path: str | Path | None = None,
    displacy_limit: int = 25,
    silent: bool = True,
    spans_key: str = "sc",
    per_component: bool = False,
) -> dict[str, Any]:
    """The scores of a saved pipeline on a file or folder of examples; `output` gets them as JSON. Raises:
    EngineError."""
    pipeline = load(model, device="cpu" if use_gpu < 0 else f"cuda:{use_gpu}")
    examples = list(Corpus(Path(data_path), gold_preproc=gold_preproc)(pipeline))
    scores = score_examples(
        pipeline, examples, time.perf_counter, per_component=per_component, spans_key=spans_key
    )
    if displacy_path is not None:
        write_pages(Path(displacy_path), annotate_examples(pipeline, examples[:displacy_limit]))
    if output is not None:
        write_scores(scores, Path(output))
    if not silent:
        print(json.dumps(scores, indent=1))
    return scores


def score_examples(
    pipeline: Pipeline,
    examples: Sequence[Example],
    clock: Callable[[], float],
    *,
    per_component: bool = False,
    spans_key: str = "sc",
) -> dict[str, Any]:
    """All scores and `speed`, words a second; or, by component, a map of each one's own scores.

    `spans_key`: a group of spans that is scored too, where the examples hold it.
    """
    began = clock()
    annotated = annotate_all(pipeline, examples)
    speed = sum(len(example.predicted) for example in examples) / max(clock() - began, 1e-9)
    found: dict[str, Any] = {"speed": speed}
    if per_component:
        parts = {name: dict(component.score(annotated)) for name, component in pipeline.running()}
        return {"tokenizer": dict(score_tokenization(annotated)), **parts, **found}
    scores: dict[str, Any] = dict(score_tokenization(annotated))
    for _, component in pipeline.running():
        scores.update(component.score(annotated))
    if f"spans_{spans_key}_f" not in scores and any(e.reference.has(spans_key) for e in annotated):
        scores.update(score_group(annotated, spans_key))
    return scores | found


def annotate_all(pipeline: Pipeline, examples: Sequence[Example]) -> list[Example]:
    """The same examples with the pipeline's annotation on the predicted side."""
    annotated: list[Example] = []
    for start in range(0, len(examples), 64):
        part = examples[start : start + 64]
        batch = pipeline.predict_batch(batch_of(part, pipeline.tokenizer))
        annotated += [Example(Doc(batch, i), example.reference) for i, example in enumerate(part)]
    return annotated


def annotate_examples(pipeline: Pipeline, examples: Sequence[Example]) -> list[Doc]:
    """The documents as the pipeline annotates them."""
    return [example.predicted for example in annotate_all(pipeline, examples)]


def write_scores(scores: Mapping[str, Any], path: Path) -> None:
    """Write scores as JSON. Raises: EngineError where the file cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(scores, indent=1, ensure_ascii=False) + "\n", encoding="utf8")
    except OSError as error:
        raise EngineError(f"{path}: expected a file to write scores to, got: {error.strerror}") from None


def write_pages(folder: Path, docs: Sequence[Doc]) -> list[Path]:
    """A page for each layer that the documents have."""
    folder.mkdir(parents=True, exist_ok=True)
    present = {
        "ent": any(doc.has("ents") or doc.has("cats") for doc in docs),
        "span": any(doc.spans for doc in docs),
        "dep": any(doc.has("heads") for doc in docs),
    }
    written = []
    for style, name in STYLES.items():
        if present[style]:
            written.append(folder / f"{name}.html")
            written[-1].write_text(render(docs, style, page=True, title=name), encoding="utf-8")
    return written
