# SPDX-License-Identifier: Apache-2.0
"""`freshet evaluate`: scores of a pipeline on held-out data."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from engine.cli.evaluate import annotate_examples, score_examples, write_pages, write_scores
from engine.training.corpus import Corpus

from .console import err, out, print_json
from .options import (
    CodeOption,
    ComponentsOption,
    DeviceOption,
    ExcludeOption,
    GpuOption,
    JsonOption,
    ModelArgument,
    PrecisionOption,
    device_of,
)
from .pipeline_loader import load_pipeline

app = typer.Typer(add_completion=False)


DataArgument = Annotated[
    Path,
    typer.Argument(
        metavar="DATA", help="A file or folder: .spacy, .conllu, .jsonl (as Doc.to_json writes), .iob2."
    ),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the scores there, as JSON.")
]
EntitiesOption = Annotated[
    Path | None, typer.Option(metavar="IOB2", help="Entities that join CoNLL-U sentences by sent_id.")
]
SentsOption = Annotated[
    int, typer.Option(min=0, help="Sentences of CoNLL-U or IOB2 in one document; 0: all in one.")
]
GoldOption = Annotated[
    bool, typer.Option("--gold-preproc", "-G", help="Give the pipeline the gold sentences and words.")
]
LimitOption = Annotated[int, typer.Option(min=0, help="At most so many documents; 0: all.")]
PartsOption = Annotated[
    bool, typer.Option("--per-component", "-P", help="Each component's scores on their own.")
]
SpansOption = Annotated[
    str, typer.Option("--spans-key", "-sk", metavar="KEY", help="Group of spans to score.")
]
PagesOption = Annotated[
    Path | None,
    typer.Option(
        "--displacy-path",
        "--displacy",
        "-dp",
        metavar="DIR",
        help="Write pages of entities, spans and trees there.",
    ),
]
PageLimitOption = Annotated[int, typer.Option("--displacy-limit", "-dl", min=1, help="Documents on a page.")]


@app.command()
def evaluate(
    model: ModelArgument,
    data: DataArgument,
    output: OutputOption = None,
    entities: EntitiesOption = None,
    n_sents: SentsOption = 1,
    gold_preproc: GoldOption = False,
    limit: LimitOption = 0,
    per_component: PartsOption = False,
    spans_key: SpansOption = "sc",
    exclude: ExcludeOption = None,
    components: ComponentsOption = None,
    code: CodeOption = None,
    gpu_id: GpuOption = -1,
    precision: PrecisionOption = "auto",
    device: DeviceOption = "cpu",
    as_json: JsonOption = False,
    displacy: PagesOption = None,
    displacy_limit: PageLimitOption = 25,
) -> None:
    """Annotate the texts of DATA anew and score the result against what DATA says."""
    pipeline = load_pipeline(
        model, exclude, components, code, precision=precision, device=device_of(gpu_id, device)
    )
    corpus = Corpus(data, entities, n_sents=n_sents, gold_preproc=gold_preproc, limit=limit)
    with err.status(f"reading {data}"):
        examples = list(corpus(pipeline))
    with err.status(f"annotating {len(examples):,} documents"):
        scores = score_examples(
            pipeline, examples, time.perf_counter, per_component=per_component, spans_key=spans_key
        )
    if displacy is not None:
        _tell_pages(write_pages(displacy, annotate_examples(pipeline, examples[:displacy_limit])))
    if output is not None:
        write_scores(scores, output)
        err.print(f"wrote {output}")
    if as_json:
        return print_json(scores)
    return _print_parts(scores) if per_component else print_scores(scores)


def _tell_pages(files: Sequence[Path]) -> None:
    none = "none, for there are no entities, spans, trees or categories"
    err.print(f"pages: {', '.join(map(str, files)) or none}")


def _print_parts(scores: Mapping[str, Any]) -> None:
    """The scores of each component below its name."""
    for name, part in scores.items():
        if isinstance(part, Mapping):
            out.print(name, style="bold")
            print_scores(part)


def print_scores(scores: Mapping[str, Any]) -> None:
    """The scores as tables: all single ones, then one table for each score that has parts."""
    single = {name: score for name, score in scores.items() if not isinstance(score, Mapping)}
    table = Table("score", "", box=None, pad_edge=False)
    for name, score in single.items():
        table.add_row(name, _format_score(name, score))
    out.print(table)
    for name, parts in scores.items():
        if isinstance(parts, Mapping) and parts:
            out.print(_parts_table(name, parts))


def _parts_table(name: str, parts: Mapping[str, Any]) -> Table:
    first = next(iter(parts.values()))
    columns = list(first) if isinstance(first, Mapping) else ["score"]
    table = Table(name, *columns, box=None, pad_edge=False)
    for label, values in sorted(parts.items()):
        row = values if isinstance(values, Mapping) else {"score": values}
        table.add_row(label, *(_format_score(column, row.get(column)) for column in columns))
    return table


def _format_score(name: str, score: object) -> str:
    if score is None:
        return "-"
    if not isinstance(score, (int, float)):
        return str(score)
    return f"{score:,.0f} words/s" if name == "speed" else f"{100 * score:.2f}"
