# SPDX-License-Identifier: Apache-2.0
"""`freshet convert`: annotated data of other tools as JSONL documents."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

import orjson
import typer

import engine
from engine.training.convert import convert as converted

from .common import err, progress

app = typer.Typer()


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="A file or folder: .conllu, .iob2, or Prodigy's .jsonl.")],
    target: Annotated[str, typer.Argument(metavar="OUT", help="Where the JSONL goes, or - for stdout.")] = "-",
    entities: Annotated[Path | None, typer.Option(metavar="IOB2", help="Entities that join CoNLL-U sentences by sent_id.")] = None,
    n_sents: Annotated[int, typer.Option(min=0, help="Sentences in one document; 0: all in one.")] = 1,
    lang: Annotated[str, typer.Option(help="Language of the tokenizer that Prodigy's texts get.")] = "en",
) -> None:
    """Write one JSON document a line, in the form of Doc.to_json, for training and evaluation."""
    written = 0
    with opened_sink(target) as sink, progress("documents") as bar:
        task = bar.add_task("converting", total=None)
        for document in converted(engine.blank(lang).tokenizer, source, entities=entities, n_sents=n_sents):
            sink.write(orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")
            written += 1
            bar.advance(task)
    err.print(f"{written:,} documents to {'stdout' if target == '-' else target}", markup=False)


@contextmanager
def opened_sink(target: str) -> Iterator[BinaryIO]:
    """A file to write bytes to, or stdout for -."""
    if target == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    else:
        with Path(target).open("wb") as stream:
            yield stream
