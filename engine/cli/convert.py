# SPDX-License-Identifier: Apache-2.0
"""Annotated data of other tools as documents: which reader a file needs, and where its documents go."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import orjson

from ..components.sentencizer import make_sentencizer
from ..doc.doc import Doc
from ..errors import EngineError
from ..pipeline.build import blank, load
from ..pipeline.pipeline import Pipeline
from ..spacy_files.docbin import SUFFIX, DocBinWriter
from ..tokenizers import Tokenizer
from ..training.conllu import Sentence, read_conllu
from ..training.corpus import files_of, groups_of, join_entities, read_corpus
from ..training.entity_columns import read_entity_file
from ..training.gold import doc_of_sentences
from ..training.v2_json import read_v2_json, write_v2_json


class Converter(StrEnum):
    """Forms of annotated data; `auto` goes by a file's suffix."""

    auto = "auto"
    conllu = "conllu"
    conllubio = "conllubio"
    conll = "conll"
    ner = "ner"
    iob = "iob"
    json = "json"


class FileType(StrEnum):
    """What is written: a DocBin, or the JSON training data of spaCy v2."""

    spacy = "spacy"
    json = "json"


SUFFIXES = {
    Converter.conllu: ".conllu",
    Converter.conllubio: ".conllubio",
    Converter.conll: ".conll",
    Converter.ner: ".ner",
    Converter.iob: ".iob",
    Converter.json: ".json",
}
"""Of the files of a folder that a converter reads."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """How files are read. `entities`: IOB2 tags that join CoNLL-U sentences by `sent_id`."""

    converter: Converter = Converter.auto
    n_sents: int = 1
    seg_sents: bool = False
    base: str | None = None
    morphology: bool = False
    merge_subtokens: bool = False
    ner_map: Mapping[str, str] = field(default_factory=dict)
    lang: str = "en"
    entities: Path | None = None


def convert(
    input_path: str | Path,
    output_dir: str | Path,
    *,
    file_type: str = "spacy",
    n_sents: int = 1,
    seg_sents: bool = False,
    model: str | None = None,
    morphology: bool = False,
    merge_subtokens: bool = False,
    converter: str = "auto",
    ner_map: str | Path | None = None,
    lang: str | None = None,
    concatenate: bool = False,
) -> list[Path]:
    """Convert a file, or the files of a folder, into a folder; the files that were written. Raises:
    EngineError."""
    options = Conversion(
        Converter(converter),
        n_sents,
        seg_sents,
        model,
        morphology,
        merge_subtokens,
        read_ner_map(Path(ner_map)) if ner_map else {},
        lang or "en",
    )
    return convert_into(
        Path(input_path), Path(output_dir), FileType(file_type), options, concatenate=concatenate
    )


def convert_into(
    source: Path, folder: Path, file_type: FileType, options: Conversion, *, concatenate: bool = False
) -> list[Path]:
    """A file of the folder for each file of the source, by the same name; or, concatenated, one for all."""
    files = sources_of(source, options.converter)
    folder.mkdir(parents=True, exist_ok=True)
    reader = Reader(options)
    suffix = SUFFIX if file_type is FileType.spacy else ".json"
    if concatenate:
        target = folder / f"{source.stem}{suffix}"
        write_docs(itertools.chain.from_iterable(map(reader.read, files)), target)
        return [target]
    written = []
    for file in files:
        inside = file.relative_to(source).parent if source.is_dir() else Path()
        target = folder / inside / f"{file.stem}{suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        write_docs(reader.read(file), target)
        written.append(target)
    return written


class Reader:
    """Reads the documents of files in one form."""

    def __init__(self, options: Conversion) -> None:
        self.options = options
        self.tokenizer: Tokenizer = blank(options.lang).tokenizer
        self._splitter: Pipeline | None = None

    def read(self, file: Path) -> Iterator[Doc]:
        """The documents of a file. Raises: EngineError, with file and line, at what cannot be read."""
        options = self.options
        kind = converter_of(file) if options.converter is Converter.auto else options.converter
        docs: Iterator[Doc]
        match kind:
            case Converter.conllu | Converter.conllubio:
                docs = self._docs(self._conllu(file))
            case Converter.conll | Converter.ner | Converter.iob:
                docs = self._docs(read_entity_file(file, options.ner_map))
            case Converter.json:
                docs = read_v2_json(self.tokenizer, file)
            case _:
                docs = read_corpus(self.tokenizer, file, entities=options.entities, n_sents=options.n_sents)
        return map(self._split, docs) if options.seg_sents else docs

    def _conllu(self, file: Path) -> Iterator[Sentence]:
        options = self.options
        sentences = read_conllu(file, merge_subtokens=options.merge_subtokens, morphology=options.morphology)
        joined = sentences if options.entities is None else join_entities(sentences, options.entities)
        for sentence in joined:
            yield sentence.with_entities(_renamed(sentence.entities, options.ner_map))

    def _docs(self, sentences: Iterable[Sentence]) -> Iterator[Doc]:
        groups = groups_of(sentences, self.options.n_sents)
        return (doc_of_sentences(self.tokenizer, group) for group in groups)

    def _split(self, doc: Doc) -> Doc:
        """The document with the sentences that the base pipeline finds, or, without one, its marks say."""
        if self._splitter is None:
            base = self.options.base
            self._splitter = load(base) if base else sentence_splitter(self.options.lang)
        found = self._splitter.predict_batch(self.tokenizer.from_words(doc.words, doc.spaces).batch)
        if found.sent_starts is None:
            raise EngineError(
                f"expected a pipeline that finds sentences, got {self.options.base!r} with "
                f"{', '.join(self._splitter.names) or 'no component'}; give another one with --base"
            )
        doc.set_sent_starts(found.sent_starts.tolist())
        return doc


def sentence_splitter(lang: str) -> Pipeline:
    """A pipeline that finds sentences by their marks."""
    pipeline = blank(lang)
    pipeline.add_components([("sentencizer", make_sentencizer("sentencizer"))])
    return pipeline


def sources_of(source: Path, converter: Converter) -> list[Path]:
    """The files to read. Raises: EngineError where there is none."""
    if converter is Converter.auto or not source.is_dir():
        if not source.exists():
            raise EngineError(f"expected a file or folder, got {str(source)!r}, which is not there")
        return files_of(source) if source.is_dir() or converter is Converter.auto else [source]
    suffixes = {SUFFIXES[converter], ".conll"} if converter is Converter.ner else {SUFFIXES[converter]}
    files = sorted(file for file in source.rglob("*") if file.suffix in suffixes)
    if not files:
        raise EngineError(
            f"expected files of {', '.join(sorted(suffixes))} in {str(source)!r} for the converter "
            f"{converter.value!r}, found none"
        )
    return files


def converter_of(file: Path) -> Converter:
    """The converter of a file by its suffix; `auto` where it is read as a corpus is."""
    return next((kind for kind, suffix in SUFFIXES.items() if suffix == file.suffix), Converter.auto)


def read_ner_map(path: Path) -> dict[str, str]:
    """Labels and what they become, from a JSON file. Raises: EngineError."""
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise EngineError(f"{path}: expected a JSON map of labels, got: {error}") from None
    if not isinstance(value, dict) or not all(isinstance(label, str) for label in value.values()):
        raise EngineError(f"{path}: expected a JSON map from label to label, got {type(value).__name__}")
    return value


def write_docs(docs: Iterable[Doc], target: Path) -> int:
    """Write documents by the file's suffix: a DocBin, v2 JSON, or else lines of JSON; how many there were."""
    if target.suffix == SUFFIX:
        writer = DocBinWriter()
        for doc in docs:
            writer.add(doc.batch)
        writer.write(target)
        return len(writer)
    if target.suffix == ".json":
        held = list(docs)
        target.write_text(write_v2_json(held), encoding="utf8")
        return len(held)
    with target.open("wb") as sink:
        return write_lines(docs, sink.write)


def write_lines(docs: Iterable[Doc], write: Callable[[bytes], object]) -> int:
    """Write documents as lines of JSON in the form of `Doc.to_json`; how many there were."""
    written = 0
    for doc in docs:
        write(orjson.dumps(doc.to_json(), option=orjson.OPT_SERIALIZE_NUMPY) + b"\n")
        written += 1
    return written


def _renamed(tags: tuple[str, ...], names: Mapping[str, str]) -> tuple[str, ...]:
    pairs = (tag.partition("-") for tag in tags)
    return tuple(f"{kind}{joint}{names.get(label, label)}" for kind, joint, label in pairs)
