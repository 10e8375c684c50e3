# SPDX-License-Identifier: Apache-2.0
"""`freshet calibrate`: what turns a pipeline's own word of how sure it is into probabilities that hold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from engine.confidence import Calibration, calibrate, write_calibration
from engine.training.corpus import Corpus

from ..bundled import find_model
from ..errors import WorkerError
from ..settings import RouteSettings
from .console import err, out, print_json
from .options import CodeOption, JsonOption, ModelArgument
from .pipeline_loader import load_pipeline

app = typer.Typer(add_completion=False)

PROMISES = (0.01, 0.02, 0.05, 0.1, 0.2)
"""Shares of errors for which the table says how many texts would need no person."""


@app.command("calibrate")
def calibrate_model(
    model: ModelArgument,
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA",
            help="Documents that the pipeline has not learned from, like those to come: .conllu, .jsonl (as "
            "Doc.to_json writes), .iob2, .spacy.",
        ),
    ],
    n_sents: Annotated[
        int, typer.Option(min=0, help="Sentences of CoNLL-U or IOB2 in one document; 0: all in one.")
    ] = 1,
    doubt: Annotated[
        float, typer.Option(min=0.0001, max=0.9999, help="Chance that a promise of the table is untrue.")
    ] = RouteSettings().doubt,
    code: CodeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare what MODEL says of DATA, and how sure it is, with what DATA says; write calibration.json.

    The file stands in MODEL's folder, beside the files that make it what it is; `freshet annotate MODEL` with
    --worker.confidence true or --worker.route.max_error reads it.
    """
    pipeline = load_pipeline(model, code=code)
    with err.status(f"reading {data}"):
        examples = list(Corpus(data, n_sents=n_sents)(pipeline))
    with err.status(f"annotating {len(examples):,} documents"):
        found = calibrate(pipeline, examples)
    if found is None:
        raise WorkerError(
            f"expected documents with entities or categories, and a pipeline with ner or textcat, got "
            f"{len(examples)} documents for {', '.join(pipeline.names) or 'no component'}"
        )
    path = write_calibration(found, find_model(str(model)))
    if as_json:
        return print_json(found.to_json())
    out.print(f"{path}: {found.curve.n:,} documents, {found.curve.n_wrong:,} of them wrong in {named(found)}")
    return out.print(promises(found, doubt))


def named(calibration: Calibration) -> str:
    """The layers that whole texts are judged by."""
    return " or ".join(calibration.layers)


def promises(calibration: Calibration, doubt: float) -> Table:
    """For some shares of errors, how many of the judged texts would need no person."""
    table = Table("max_error", "auto", "of them wrong", box=None, pad_edge=False)
    curve = calibration.curve
    for max_error in PROMISES:
        threshold = curve.threshold(max_error, doubt)
        point = next((p for p in curve.points if p.surprise == threshold), None)
        share = "0%" if point is None else f"{point.n / curve.n:.0%}"
        table.add_row(f"{max_error:g}", share, "-" if point is None else f"{point.n_wrong / point.n:.1%}")
    return table
