from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

import engine
from engine.extras import PARQUET
from engine.spacy_files.docbin import DocBinWriter, read_docbin
from schemas import Source, TextMessage
from workers.bundled import find_model
from workers.errors import WorkerError
from workers.reprocess.backfill import (
    ShardOptions,
    annotate_here,
    annotate_in_processes,
    annotate_shard,
    run_backfill,
)
from workers.reprocess.manifest import JOURNAL, MANIFEST, Manifest, Recipe, ShardReport
from workers.reprocess.shards import Shard, ShardFormat, find_shards, is_many, shard_of
from workers.serving.pipeline_model import PipelineModel

TEXTS = [f"Ada met Grace Hopper in Kigali on day {i}. It rained." for i in range(6)]
OPTIONS = ShardOptions(slice_size=4)


@pytest.fixture(scope="module")
def pipeline() -> engine.Pipeline:
    """The starter."""
    return engine.load(find_model("en_starter"))


@pytest.fixture
def shards(tmp_path: Path) -> list[Shard]:
    """Four files, one of them in a folder below."""
    for number, name in enumerate(("a", "b", "c", "deep/d")):
        write_lines(tmp_path / "in" / f"{name}.jsonl", [f"{text} {number}" for text in TEXTS])
    return find_shards(str(tmp_path / "in"), tmp_path / "out")


def write_lines(file: Path, texts: Sequence[str]) -> None:
    """JSONL with a text a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(orjson.dumps({"text": text}) + b"\n" for text in texts))


def manifest_of(pipeline: engine.Pipeline, folder: Path) -> Manifest:
    """An open manifest of the starter's annotations."""
    manifest = Manifest(folder, Recipe("en_starter", pipeline.digest, "text", "freshet"))
    manifest.open()
    return manifest


def files_in(folder: Path) -> dict[str, bytes]:
    """All files by their names, hidden ones too."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()
    }


def test_annotations_are_byte_for_byte_those_of_the_stream(
    pipeline: engine.Pipeline, shards: list[Shard]
) -> None:
    """A line of a file is a record of a topic of that name: what a worker writes for it lies there."""
    annotate_shard(pipeline, shards[3], OPTIONS)
    messages = [TextMessage(f"deep/d.jsonl:{i}", f"{text} 3") for i, text in enumerate(TEXTS, 1)]
    sources = [Source("deep/d.jsonl", 0, i) for i in range(1, len(TEXTS) + 1)]
    expected = PipelineModel(pipeline).annotate(messages, sources)
    assert Path(shards[3].target).read_bytes().splitlines() == list(expected)


def test_a_backfill_says_what_it_did(pipeline: engine.Pipeline, shards: list[Shard], tmp_path: Path) -> None:
    """The manifest has each file's digest, in and out, and the model's; nothing else lies there."""
    manifest, ticks = manifest_of(pipeline, tmp_path / "out"), itertools.count()
    steps = list(
        run_backfill(shards, manifest, annotate_here(pipeline, OPTIONS), clock=lambda: float(next(ticks)))
    )
    told = orjson.loads((tmp_path / "out" / MANIFEST).read_bytes())
    assert told["recipe"]["model_digest"] == pipeline.digest
    assert [shard["name"] for shard in told["shards"]] == ["a.jsonl", "b.jsonl", "c.jsonl", "deep/d.jsonl"]
    assert set(files_in(tmp_path / "out")) == {"a.jsonl", "b.jsonl", "c.jsonl", "deep/d.jsonl", MANIFEST}
    assert [step.shards_done for step in steps] == [0, 1, 2, 3, 4]
    assert steps[0].seconds_left is None
    assert steps[2].seconds_left == pytest.approx(2.0, rel=0.1)
    assert steps[-1].words_per_second > 0


def test_what_was_done_stays_done(pipeline: engine.Pipeline, shards: list[Shard], tmp_path: Path) -> None:
    """The same command again does nothing; a changed input or a damaged output is done again."""
    list(run_backfill(shards, manifest_of(pipeline, tmp_path / "out"), annotate_here(pipeline, OPTIONS)))
    before = files_in(tmp_path / "out")
    Path(shards[1].target).write_bytes(b"damaged")
    write_lines(Path(shards[2].source), TEXTS[:1])
    again = list(
        run_backfill(shards, manifest_of(pipeline, tmp_path / "out"), annotate_here(pipeline, OPTIONS))
    )
    assert [step.report.name for step in again if step.report] == ["b.jsonl", "c.jsonl"]
    after = files_in(tmp_path / "out")
    assert {name for name in after if after[name] != before[name]} == {"c.jsonl", MANIFEST}


@pytest.mark.parametrize("n_done", [0, 1, 3])
def test_a_run_that_was_cut_off_ends_in_the_same_bytes(
    pipeline: engine.Pipeline, shards: list[Shard], tmp_path: Path, n_done: int
) -> None:
    """Killed after any shard, with half a line in the journal and half a file on the disk."""
    out = tmp_path / "out"
    list(run_backfill(shards, manifest_of(pipeline, out), annotate_here(pipeline, OPTIONS)))
    expected = files_in(out)
    for name in expected:
        (out / name).unlink()
    killed = run_backfill(shards, manifest_of(pipeline, out), annotate_here(pipeline, OPTIONS))
    for _ in range(n_done + 1):
        next(killed)
    killed.close()
    with (out / JOURNAL).open("ab") as journal:
        journal.write(b'{"name":"c.js')
    (out / ".c.jsonl.77.part").write_bytes(b"half")
    manifest = manifest_of(pipeline, out)
    assert len(manifest.done) == n_done
    list(run_backfill(shards, manifest, annotate_here(pipeline, OPTIONS)))
    assert files_in(out) == expected


def test_another_model_or_recipe_is_refused(pipeline: engine.Pipeline, tmp_path: Path) -> None:
    """A folder has the annotations of one model; --force begins anew."""
    manifest_of(pipeline, tmp_path)
    other = Manifest(tmp_path, Recipe("en_starter", "0" * 64, "text", "freshet"))
    with pytest.raises(WorkerError, match="model_digest"):
        other.open()
    other.open(force=True)
    assert other.done == {}


def test_processes_annotate_as_one_does(
    pipeline: engine.Pipeline, shards: list[Shard], tmp_path: Path
) -> None:
    """Two processes, the same bytes, the manifest's too."""
    for folder, annotate in (
        ("one", annotate_here(pipeline, OPTIONS)),
        ("two", annotate_in_processes(partial(engine.load, find_model("en_starter")), OPTIONS, 2)),
    ):
        moved = find_shards(str(tmp_path / "in"), tmp_path / folder)
        list(run_backfill(moved, manifest_of(pipeline, tmp_path / folder), annotate))
    assert files_in(tmp_path / "one") == files_in(tmp_path / "two")


def test_a_shard_that_cannot_be_read_leaves_nothing_behind(pipeline: engine.Pipeline, tmp_path: Path) -> None:
    """No half file, no other name."""
    (tmp_path / "bad.spacy").write_bytes(b"no DocBin")
    shard = shard_of(tmp_path / "bad.spacy", tmp_path / "out" / "bad.jsonl")
    with pytest.raises(engine.EngineError):
        annotate_shard(pipeline, shard, OPTIONS)
    assert files_in(tmp_path / "out") == {}


def test_lines_without_a_text_are_counted_and_the_first_ones_told(
    pipeline: engine.Pipeline, tmp_path: Path
) -> None:
    """Seven of eight: five reasons, with their lines."""
    (tmp_path / "x.jsonl").write_bytes(b'{"text":"Ada sleeps."}\n' + b"{}\n" * 7)
    report = annotate_shard(pipeline, shard_of(tmp_path / "x.jsonl", tmp_path / "y.jsonl"), OPTIONS)
    assert (report.documents, report.left_out, len(report.failures)) == (1, 7, 5)
    assert report.failures[0][0] == 2
    assert ShardReport.from_row(orjson.loads(orjson.dumps(report))) == report


# --- forms


def test_documents_keep_their_tokens(pipeline: engine.Pipeline, tmp_path: Path) -> None:
    """A .spacy file into another one, and into JSONL."""
    writer = DocBinWriter()
    writer.add(pipeline.tokenizer.tokenize(TEXTS[:2]))
    writer.write(tmp_path / "docs.spacy")
    annotate_shard(pipeline, shard_of(tmp_path / "docs.spacy", tmp_path / "out.spacy"), OPTIONS)
    docs = list(read_docbin(tmp_path / "out.spacy", pipeline.tokenizer.lexemes))
    assert [doc.text for doc in docs] == TEXTS[:2]
    assert [ent.text for ent in docs[0].ents] == ["Ada", "Grace Hopper", "Kigali"]
    annotate_shard(pipeline, shard_of(tmp_path / "docs.spacy", tmp_path / "out.jsonl"), OPTIONS)
    assert orjson.loads((tmp_path / "out.jsonl").read_bytes().splitlines()[0])["id"] == "docs.spacy:1"


@pytest.mark.skipif(not PARQUET.is_installed, reason="needs the extra parquet")
def test_parquet_goes_in_and_out(pipeline: engine.Pipeline, tmp_path: Path) -> None:
    """The annotations are those of the same rows as JSONL, but for the file's name; a text may stand in
    another column."""
    import pyarrow
    from pyarrow import parquet

    rows = [{"id": f"n{i}", "body": text, "stars": i} for i, text in enumerate(TEXTS)]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "x.parquet")
    (tmp_path / "x.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    options = ShardOptions(text_key="body", slice_size=4)
    for form in ("jsonl", "parquet"):
        shard = shard_of(tmp_path / f"x.{form}", tmp_path / f"out.{form}", name="x")
        assert annotate_shard(pipeline, shard, options).documents == len(TEXTS)
    table = parquet.read_table(tmp_path / "out.parquet")
    assert table.column_names == ["id", "annotation"]
    assert table["id"].to_pylist() == [row["id"] for row in rows]
    assert table["annotation"].to_pylist() == (tmp_path / "out.jsonl").read_text().splitlines()


def test_a_file_that_is_no_parquet_is_named(pipeline: engine.Pipeline, tmp_path: Path) -> None:
    """With what Arrow says of it."""
    pytest.importorskip("pyarrow")
    (tmp_path / "x.parquet").write_bytes(b"nothing")
    with pytest.raises(WorkerError, match=r"x\.parquet: expected a Parquet file"):
        annotate_shard(pipeline, shard_of(tmp_path / "x.parquet", tmp_path / "y.jsonl"), OPTIONS)


# --- which files


def test_files_folders_and_globs_are_shards(tmp_path: Path) -> None:
    """Names are told from the folder that all lie in; hidden files and a backfill's own are passed over."""
    for name in ("a.jsonl", "b/c.jsonl", "b/d.spacy", "notes.md", ".hidden.jsonl", "_manifest.json"):
        write_lines(tmp_path / "in" / name, TEXTS[:1])
    folder, out = str(tmp_path / "in"), tmp_path / "out"

    def names(given: str) -> Iterator[tuple[str, str]]:
        for shard in find_shards(given, out):
            yield shard.name, Path(shard.target).relative_to(out.resolve()).as_posix()

    assert dict(names(folder)) == {
        "a.jsonl": "a.jsonl",
        "b/c.jsonl": "b/c.jsonl",
        "b/d.spacy": "b/d.spacy",
        "notes.md": "notes.jsonl",
    }
    assert dict(names(f"{folder}/**/c.jsonl")) == {"c.jsonl": "c.jsonl"}
    assert dict(names(f"{folder}/a.jsonl")) == {"a.jsonl": "a.jsonl"}
    assert find_shards(folder, out)[3].read_as is ShardFormat.document
    assert is_many(folder)
    assert is_many(f"{folder}/*.jsonl")
    assert not is_many(f"{folder}/a.jsonl")


def test_what_cannot_be_two_places_is_refused(tmp_path: Path) -> None:
    """Nothing there; two inputs for one output; the inputs' own folder."""
    write_lines(tmp_path / "in" / "a.jsonl", TEXTS[:1])
    write_lines(tmp_path / "in" / "a.md", TEXTS[:1])
    with pytest.raises(WorkerError, match="not there"):
        find_shards(str(tmp_path / "nothing"), tmp_path / "out")
    with pytest.raises(WorkerError, match="found none"):
        find_shards(str(tmp_path / "*.jsonl"), tmp_path / "out")
    with pytest.raises(WorkerError, match="would both be written"):
        find_shards(str(tmp_path / "in"), tmp_path / "out")
    with pytest.raises(WorkerError, match="another folder"):
        find_shards(str(tmp_path / "in" / "*.jsonl"), tmp_path / "in")


@pytest.mark.filterwarnings("default")  # of pandas
def test_the_documented_function_for_spark_gives_these_annotations(pipeline: engine.Pipeline) -> None:
    """docs/backfill.md, but for Spark itself: frames in, frames out, the stream's annotations in them."""
    pandas = pytest.importorskip("pandas")
    page = Path("docs/backfill.md").read_text(encoding="utf8").partition("## From Spark")[2]
    code = [line[4:] for line in page.splitlines() if line.startswith("    ") or not line]
    code = [line for line in code if not line.startswith("spark.")]
    script = "\n".join(code).replace("/models/en", str(find_model("en_starter")))
    names: dict[str, Any] = {}
    exec(compile(script, "docs/backfill.md", "exec"), names)  # our own page
    frame = pandas.DataFrame({"id": ["a", "b"], "text": TEXTS[:2]})
    (told,) = names["annotate"](iter([frame]))
    messages = [TextMessage(i, text) for i, text in zip("ab", TEXTS, strict=False)]
    sources = [Source("spark", 0, i) for i in range(2)]
    expected = [value.decode() for value in PipelineModel(pipeline).annotate(messages, sources)]
    assert told["annotation"].tolist() == expected
