from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from engine.extras import RAY
from tests.ray_runs import BACKFILL, RayRun
from workers.cli.app import app
from workers.reprocess.manifest import JOURNAL, MANIFEST

TEXT = "Ada met Grace Hopper in Kigali on day {}, and they spoke of compilers, tea and the weather."


def apply(*words: object) -> Result:
    """`freshet apply en_starter ...`."""
    return CliRunner().invoke(app, ["apply", "en_starter", *map(str, words)])


def write_shards(folder: Path, n_shards: int, n_lines: int) -> None:
    """JSONL files of a sentence a line."""
    folder.mkdir()
    for i in range(n_shards):
        lines = (orjson.dumps({"text": TEXT.format(i * n_lines + j)}) + b"\n" for j in range(n_lines))
        (folder / f"shard{i:02d}.jsonl").write_bytes(b"".join(lines))


def files_in(folder: Path) -> dict[str, bytes]:
    """Names and bytes."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_folder_into_a_folder_tells_rate_and_goes_on(tmp_path: Path) -> None:
    """A glob means the same files; the second time there is nothing to do; another form needs --force."""
    write_shards(tmp_path / "in", 3, 2)
    out = tmp_path / "out"
    first = apply(tmp_path / "in", f"{out}/")
    assert first.exit_code == 0
    assert "3 files" in first.stderr
    assert "words/s" in first.stderr
    before = files_in(out)
    again = apply(tmp_path / "in", out, "--workers", 1)
    assert again.exit_code == 0
    assert files_in(out) == before
    assert apply(tmp_path / "in" / "*.jsonl", f"{tmp_path / 'glob'}", "--workers", 1).exit_code == 0
    assert files_in(tmp_path / "glob") == before
    other = apply(tmp_path / "in", out, "--workers", 1, "--output-format", "spacy")
    assert other.exit_code == 1
    assert "--force" in other.stderr
    assert apply(tmp_path / "in", out, "--to", "spacy", "--force").exit_code == 0
    assert (out / "shard00.spacy").is_file()


def test_lines_without_text_end_in_1_and_are_told(tmp_path: Path) -> None:
    """All others are annotated."""
    write_shards(tmp_path / "in", 1, 2)
    (tmp_path / "in" / "bad.jsonl").write_bytes(b'{}\n{"text":"Ada"}\n')
    told = apply(tmp_path / "in", tmp_path / "out", "--workers", 1)
    assert told.exit_code == 1
    assert "bad.jsonl:1: " in told.stderr
    assert len((tmp_path / "out" / "bad.jsonl").read_bytes().splitlines()) == 1


def test_many_files_need_a_folder(tmp_path: Path) -> None:
    """A file that is there is not replaced by one."""
    write_shards(tmp_path / "in", 1, 1)
    (tmp_path / "out").write_text("a file")
    assert apply(tmp_path / "in", tmp_path / "out", "--workers", 2).exit_code == 2


def test_one_file_into_another_needs_no_manifest(tmp_path: Path) -> None:
    """Parquet to JSONL and back; what exists is replaced by --force alone."""
    pytest.importorskip("pyarrow")
    write_shards(tmp_path / "in", 1, 2)
    assert apply(tmp_path / "in" / "shard00.jsonl", tmp_path / "x.parquet").exit_code == 0
    assert apply(tmp_path / "in" / "shard00.jsonl", tmp_path / "x.parquet").exit_code == 2
    assert apply(tmp_path / "in" / "shard00.jsonl", tmp_path / "x.parquet", "--force").exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "x.parquet"]


def test_one_file_into_a_text_file_is_jsonl(tmp_path: Path) -> None:
    """As without workers: annotations have no form of plain lines."""
    write_shards(tmp_path / "in", 1, 2)
    source = tmp_path / "in" / "shard00.jsonl"
    assert apply(source, tmp_path / "one.txt").exit_code == 0
    assert apply(source, tmp_path / "two.txt", "--workers", 1).exit_code == 0
    assert (tmp_path / "two.txt").read_bytes() == (tmp_path / "one.txt").read_bytes()


def test_one_parquet_file_needs_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name is told, as for a folder of them."""
    write_shards(tmp_path / "in", 1, 1)
    monkeypatch.setattr("engine.extras.find_spec", lambda name: None)
    told = apply(tmp_path / "in" / "shard00.jsonl", tmp_path / "x.parquet")
    assert told.exit_code == 1
    assert "freshet[parquet]" in told.stderr


def test_a_folder_into_one_file_reads_what_a_folder_into_a_folder_reads(tmp_path: Path) -> None:
    """Parquet and .ndjson among JSONL and texts: a line, a row or a document each, in the order of names."""
    pytest.importorskip("pyarrow")
    write_shards(tmp_path / "in", 1, 2)
    write_rows(tmp_path / "in" / "b.parquet", ["Ada", "Grace"])
    (tmp_path / "in" / "a.ndjson").write_bytes(b'{"text":"Kigali"}\n{"text":"tea"}\n')
    (tmp_path / "in" / "z.txt").write_text("Compilers.\nWeather.\n")
    assert apply(tmp_path / "in", tmp_path / "all.jsonl").exit_code == 0
    told = [orjson.loads(line)["text"] for line in (tmp_path / "all.jsonl").read_bytes().splitlines()]
    assert told == ["Kigali", "tea", "Ada", "Grace", TEXT.format(0), TEXT.format(1), "Compilers.\nWeather.\n"]


def write_rows(file: Path, texts: list[str]) -> None:
    """A Parquet file with a text a row."""
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.table({"text": texts}), file)


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on(tmp_path: Path) -> None:
    """kill -9 twice; the third run does what is left, and the bytes are those of a run in peace."""
    write_shards(tmp_path / "in", 12, 300)
    assert apply(tmp_path / "in", tmp_path / "calm", "--workers", 1).exit_code == 0
    coins = random.Random(1)
    for n_done in (2, 6):
        run = RayRun(
            "apply",
            "en_starter",
            str(tmp_path / "in"),
            str(tmp_path / "out"),
            "--workers",
            "1",
            folder=tmp_path,
        )
        kill_after(run, tmp_path / "out", n_done, coins)
    assert apply(tmp_path / "in", tmp_path / "out", "--workers", 1).exit_code == 0
    assert files_in(tmp_path / "out") == files_in(tmp_path / "calm")


def kill_after(run: RayRun, out: Path, n_done: int, coins: random.Random) -> None:
    """Kill a run somewhere after so many of its shards."""
    try:
        run.wait_for(lambda: n_noted(out) >= n_done)
        time.sleep(coins.uniform(0.0, 0.1))
    finally:
        os.kill(run.process.pid, signal.SIGKILL)
        run.process.wait()


def n_noted(out: Path) -> int:
    """Lines of shards in the journal."""
    journal = out / JOURNAL
    return journal.read_bytes().count(b'"sha256"') // 2 if journal.is_file() else 0


@pytest.mark.nightly
@pytest.mark.skipif(not RAY.is_installed, reason="needs the extra ray")
@pytest.mark.timeout(3000)
def test_fifty_shards_killed_five_times_are_the_same_bytes_on_any_workers(tmp_path: Path) -> None:
    """One worker, two processes and Ray; each kill costs each worker at most the shard that it had."""
    write_shards(tmp_path / "in", 50, 200)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "workers.cli",
            "apply",
            "en_starter",
            str(tmp_path / "in"),
            str(tmp_path / "calm"),
            "-w",
            "1",
        ],
        check=True,
    )
    expected, coins = files_in(tmp_path / "calm"), random.Random(2)
    for name, words in (("one", ("-w", "1")), ("two", ("-w", "2")), ("ray", ("-w", "2", "--ray", "local"))):
        out, kept = tmp_path / name, 0
        for fall in range(5):
            run = RayRun("apply", "en_starter", str(tmp_path / "in"), str(out), *words, folder=tmp_path)
            kill_after(run, out, 8 * (fall + 1), coins)
            assert n_noted(out) >= kept  # nothing that was noted is lost
            kept = n_noted(out)
        RayRun("apply", "en_starter", str(tmp_path / "in"), str(out), *words, folder=tmp_path).end()
        assert files_in(out) == expected
        assert MANIFEST in expected


@pytest.mark.nightly
@pytest.mark.skipif(not RAY.is_installed, reason="needs the extra ray")
@pytest.mark.timeout(1800)
def test_actors_that_are_killed_are_begun_anew(tmp_path: Path) -> None:
    """Three times in one run on Ray, which ends by itself, in the bytes of a run in peace."""
    write_shards(tmp_path / "in", 30, 400)
    assert apply(tmp_path / "in", tmp_path / "calm", "--workers", 1).exit_code == 0
    coins, out = random.Random(3), tmp_path / "out"
    words = ("apply", "en_starter", str(tmp_path / "in"), str(out), "-w", "2", "--ray", "local")
    run = RayRun(*words, folder=tmp_path)
    try:
        for n_done in (3, 9, 15):
            wait_for_actor(run, out, n_done)
            run.kill_one(BACKFILL, coins.randrange(2))
        run.end(1200)
    finally:
        run.close()
    assert files_in(out) == files_in(tmp_path / "calm")


def wait_for_actor(run: RayRun, out: Path, n_done: int) -> None:
    """Wait until so many shards are noted, and there is an actor to kill."""
    run.wait_for(lambda: n_noted(out) >= n_done and run.workers(BACKFILL))
