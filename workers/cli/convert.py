# SPDX-License-Identifier: Apache-2.0
"""`freshet convert`: annotated data of other tools as JSONL documents or DocBin files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

import orjson
import typer

import engine
from engine import Doc
from engine.spacy_files import find_spacy_folder
from engine.spacy_files.docbin import SUFFIX, DocBinWriter
from engine.training.corpus import files_of, read_corpus

from .console import err, progress
from .line_files import open_sink
from .options import CodeOption, ExcludeOption
from .pipeline_loader import load_pipeline

app = typer.Typer(add_completion=False)


@app.command()
def convert(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="IN",
            help="A file or folder: .conllu, .iob2, .spacy, .jsonl (Prodigy's too); or a pipeline's folder.",
        ),
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="OUT", help="Where the JSONL goes, or - for stdout; NAME.spacy: a DocBin file."
        ),
    ] = "-",
    entities: Annotated[
        Path | None, typer.Option(metavar="IOB2", help="Entities that join CoNLL-U sentences by sent_id.")
    ] = None,
    n_sents: Annotated[int, typer.Option(min=0, help="Sentences in one document; 0: all in one.")] = 1,
    lang: Annotated[str, typer.Option(help="Language of the tokenizer that Prodigy's texts get.")] = "en",
    exclude: ExcludeOption = None,
    code: CodeOption = None,
    half: Annotated[bool, typer.Option(help="Store a pipeline's weights as 16-bit floats.")] = False,
) -> None:
    """Write one JSON document a line, in the form of Doc.to_json, for training and evaluation; or a DocBin
    file of them.

    Where IN is the folder of a pipeline that spaCy saved, OUT is the folder of the same pipeline in Freshet's
    own form.
    """
    if find_spacy_folder(source) is not None:
        return convert_pipeline(source, target, exclude, code, half=half)
    tokenizer = engine.blank(lang).tokenizer
    docs = chain.from_iterable(
        read_corpus(tokenizer, file, entities=entities, n_sents=n_sents) for file in files_of(source)
    )
    with progress("documents") as bar:
        written = write_docs(bar.track(docs, description="converting"), target)
    return err.print(f"{written:,} documents to {'stdout' if target == '-' else target}", markup=False)


def write_docs(docs: Iterable[Doc], target: str) -> int:
    """Write documents as lines of JSON or, by its suffix, as a DocBin file; how many there were."""
    if target.endswith(SUFFIX):
        writer = DocBinWriter()
        for doc in docs:
            writer.add(doc.batch)
        writer.write(Path(target))
        return len(writer)
    written = 0
    with open_sink(target) as sink:
        for doc in docs:
            sink.write(orjson.dumps(doc.to_json(), option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")
            written += 1
    return written


def convert_pipeline(
    source: Path, target: str, exclude: Sequence[str] | None, code: Path | None, *, half: bool
) -> None:
    """Save a pipeline of spaCy's in Freshet's own form."""
    if target == "-":
        raise typer.BadParameter("expected a folder for the pipeline, got stdout", param_hint="OUT")
    pipeline = load_pipeline(source, exclude, code=code)
    pipeline.to_disk(target, half=half)
    err.print(
        f"{', '.join(pipeline.names) or 'a tokenizer'} to {target}, digest {pipeline.digest[:12]}",
        markup=False,
    )
