# SPDX-License-Identifier: Apache-2.0
"""`freshet convert`: annotated data of other tools as JSONL documents or DocBin files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from engine import Doc
from engine.cli.convert import (
    Conversion,
    Converter,
    FileType,
    Reader,
    convert_into,
    read_ner_map,
    sources_of,
    write_docs,
    write_lines,
)
from engine.spacy_files import find_spacy_folder
from engine.spacy_files.docbin import SUFFIX
from engine.training.v2_json import write_v2_json

from .console import err, progress
from .line_files import open_sink
from .options import ExcludeOption
from .pipeline_loader import load_pipeline
from .user_code import load_code

app = typer.Typer(add_completion=False)
STANDARD_OUTPUT = "-"


SourceArgument = Annotated[
    Path,
    typer.Argument(
        metavar="IN",
        help="A file or folder: .conllu, .iob, .ner, .conll, .iob2, .json (spaCy v2), .spacy, .jsonl "
        "(Prodigy's too); or a pipeline's folder.",
    ),
]
TargetArgument = Annotated[
    str,
    typer.Argument(
        metavar="OUT",
        help="A folder, which gets NAME.spacy for each file; NAME.spacy, NAME.json (spaCy v2) or another "
        "name for JSONL; or - for JSONL to stdout.",
    ),
]
TypeOption = Annotated[
    FileType | None, typer.Option("--file-type", "-t", help="What is written: spacy, or v2 json.")
]
SentsOption = Annotated[
    int, typer.Option("--n-sents", "-n", min=0, help="Sentences in one document; 0: all in one.")
]
SegmentOption = Annotated[
    bool, typer.Option("--seg-sents", "-s", help="Find the sentences anew, by --base or by their marks.")
]
BaseOption = Annotated[
    str | None, typer.Option("--base", "-b", "--model", metavar="MODEL", help="Pipeline for --seg-sents.")
]
MorphologyOption = Annotated[
    bool, typer.Option("--morphology", "-m", help="Append features to the tags of CoNLL-U.")
]
MergeOption = Annotated[
    bool, typer.Option("--merge-subtokens", "-T", help="A multiword token of CoNLL-U as one token.")
]
ConverterOption = Annotated[
    Converter, typer.Option("--converter", "-c", help="The form of IN; auto: by the suffix.")
]
NamesOption = Annotated[
    Path | None, typer.Option("--ner-map", "-nm", metavar="JSON", help="Other names for entity labels.")
]
LangOption = Annotated[
    str, typer.Option("--lang", "-l", help="Language of the tokenizer that texts without tokens get.")
]
ConcatenateOption = Annotated[
    bool, typer.Option("--concatenate", "-C", help="One file for all files of a folder.")
]
EntitiesOption = Annotated[
    Path | None, typer.Option(metavar="IOB2", help="Entities that join CoNLL-U sentences by sent_id.")
]
FunctionsOption = Annotated[
    Path | None, typer.Option("--code", metavar="FILE", help="Python file with registered functions.")
]
HalfOption = Annotated[bool, typer.Option(help="Store a pipeline's weights as 16-bit floats.")]


@app.command()
def convert(
    source: SourceArgument,
    target: TargetArgument = "-",
    file_type: TypeOption = None,
    n_sents: SentsOption = 1,
    seg_sents: SegmentOption = False,
    base: BaseOption = None,
    morphology: MorphologyOption = False,
    merge_subtokens: MergeOption = False,
    converter: ConverterOption = Converter.auto,
    ner_map: NamesOption = None,
    lang: LangOption = "en",
    concatenate: ConcatenateOption = False,
    entities: EntitiesOption = None,
    exclude: ExcludeOption = None,
    code: FunctionsOption = None,
    half: HalfOption = False,
) -> None:
    """Make annotated data into what training and evaluation read: DocBin files, JSON documents one a line in
    the form of Doc.to_json, or spaCy's v2 JSON.

    Where IN is the folder of a pipeline that spaCy saved, OUT is the folder of the same pipeline in Freshet's
    own form.
    """
    if find_spacy_folder(source) is not None:
        return convert_pipeline(source, target, exclude, code, half=half)
    load_code(code)
    names = read_ner_map(ner_map) if ner_map else {}
    options = Conversion(
        converter, n_sents, seg_sents, base, morphology, merge_subtokens, names, lang, entities
    )
    if is_folder(target):
        folder_type = file_type or FileType.spacy
        files = convert_into(source, Path(target), folder_type, options, concatenate=concatenate)
        return err.print(f"wrote {', '.join(map(str, files))}", markup=False)
    reader = Reader(options)
    docs = chain.from_iterable(map(reader.read, sources_of(source, converter)))
    with progress("documents") as bar:
        written = write_target(bar.track(docs, description="converting"), target, file_type)
    where = "stdout" if target == STANDARD_OUTPUT else target
    return err.print(f"{written:,} documents to {where}", markup=False)


def is_folder(target: str) -> bool:
    """Whether OUT is a folder: it is one, it has no suffix, or it has to hold the files of one."""
    if target == STANDARD_OUTPUT:
        return False
    path = Path(target)
    return path.is_dir() or target.endswith("/") or not (path.suffix or path.is_file())


def write_target(docs: Iterable[Doc], target: str, file_type: FileType | None) -> int:
    """Write documents to one file or to standard output; how many there were."""
    if target != STANDARD_OUTPUT:
        return write_docs(docs, Path(target))
    if file_type is FileType.spacy:
        raise typer.BadParameter(f"expected a file {SUFFIX} or a folder, got stdout", param_hint="OUT")
    with open_sink(target) as sink:
        if file_type is FileType.json:
            held = list(docs)
            sink.write(write_v2_json(held).encode())
            return len(held)
        return write_lines(docs, sink.write)


def convert_pipeline(
    source: Path, target: str, exclude: Sequence[str] | None, code: Path | None, *, half: bool
) -> None:
    """Save a pipeline of spaCy's in Freshet's own form."""
    if target == STANDARD_OUTPUT:
        raise typer.BadParameter("expected a folder for the pipeline, got stdout", param_hint="OUT")
    pipeline = load_pipeline(source, exclude, code=code)
    pipeline.to_disk(target, half=half)
    err.print(
        f"{', '.join(pipeline.names) or 'a tokenizer'} to {target}, digest {pipeline.digest[:12]}",
        markup=False,
    )
