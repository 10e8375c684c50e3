# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import msgpack
import pytest

import engine
from engine import ConfigError, EngineError, ModelFileError
from engine.safe_files import MAX_CONFIG, MAX_DEPTH, parse_json, read_file

from ..engine.toy import shared, toy_pipeline
from .strangers import changed, outcome_of_loading, sealed

BEFORE = "before_creation = null"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A saved pipeline that a test may change."""
    toy_pipeline(shared("tagger", "ner")).to_disk(tmp_path / "saved")
    return tmp_path / "saved"


def with_reader(folder: Path, block: str) -> Path:
    """The folder with `[nlp] before_creation` made by a function."""
    text = (folder / "config.cfg").read_text().replace(f"{BEFORE}\n", "", 1)
    (folder / "config.cfg").write_text(f"{text}\n[nlp.before_creation]\n{block}\n")
    return sealed(folder)


READERS = {
    "json": '@readers = "srsly.read_json.v1"\npath = "{path}"',
    "jsonl": '@readers = "srsly.read_jsonl.v1"\npath = "{path}"',
    "msgpack": '@readers = "srsly.read_msgpack.v1"\npath = "{path}"',
    "yaml": '@readers = "srsly.read_yaml.v1"\npath = "{path}"',
    "labels": '@readers = "spacy.read_labels.v1"\npath = "{path}"\nrequire = true',
    "lookups": '@misc = "freshet.Lookups.v1"\npath = "{path}"\ntables = null',
    "corpus": '@readers = "spacy.PlainTextCorpus.v1"\npath = "{path}"\nmin_length = 0\nmax_length = 0',
    "base": '@callbacks = "spacy.copy_from_base_model.v1"\ntokenizer = "{path}"\nvocab = null',
}


@pytest.mark.parametrize("block", READERS.values(), ids=READERS)
@pytest.mark.parametrize("path", ["/dev/zero", "../outside.json", "/etc/passwd"])
def test_readers_of_a_saved_config_stay_in_its_folder(folder: Path, block: str, path: str) -> None:
    """A reader, a look-up or a callback that a saved config names reads no file outside of the folder."""
    (folder.parent / "outside.json").write_text("{}")
    with pytest.raises(EngineError, match="expected files inside the folder of the saved pipeline"):
        engine.load(with_reader(folder, block.format(path=path)))


@pytest.mark.parametrize("block", list(READERS.values())[:6], ids=list(READERS)[:6])
def test_readers_wait_for_no_pipe(folder: Path, block: str) -> None:
    """A FIFO inside of the folder that nobody writes is refused, not waited for."""
    os.mkfifo(folder / "pipe")
    with pytest.raises(EngineError, match=r"expected a regular file, got a pipe|expected .* look-up table"):
        engine.load(with_reader(folder, block.format(path="pipe")))


def test_links_that_lead_out_of_the_folder_are_not_followed(folder: Path) -> None:
    """A symbolic link is a path as any other."""
    (folder / "values.json").symlink_to("/etc/hostname")
    with pytest.raises(EngineError, match="expected files inside the folder"):
        engine.load(with_reader(folder, READERS["json"].format(path="values.json")))


def test_configs_of_both_kinds_of_folders_have_one_limit(folder: Path, tmp_path: Path) -> None:
    """Ours and spaCy's end at 4 MiB, before a line is read."""
    saved = tmp_path / "spacy"
    (saved / "vocab").mkdir(parents=True)
    (saved / "vocab" / "strings.json").write_text("[]")
    for place in (folder, saved):
        (place / "config.cfg").write_bytes(b"[nlp]\n" + b"# more\n" * (MAX_CONFIG // 7 + 1))
        with pytest.raises(ModelFileError, match=f"config.cfg: expected a file of up to {MAX_CONFIG} bytes"):
            engine.load(place)


@pytest.mark.parametrize(
    "name", ["config.cfg", "tokenizer.json", "tagger/labels.json", "ner/weights.safetensors"]
)
@pytest.mark.parametrize("kind", ["device", "pipe", "folder", "outside"])
def test_files_of_a_folder_are_regular_and_its_own(folder: Path, name: str, kind: str) -> None:
    """An endless device, a FIFO, a folder or a link to elsewhere in place of a file of the pipeline is
    refused."""
    (folder / name).rename(folder.parent / "elsewhere")
    make: dict[str, Callable[[Path], object]] = {
        "device": lambda file: file.symlink_to("/dev/zero"),
        "pipe": os.mkfifo,
        "folder": Path.mkdir,
        "outside": lambda file: file.symlink_to(folder.parent / "elsewhere"),
    }
    make[kind](folder / name)
    with pytest.raises(ModelFileError, match=r"expected (a regular file|files inside|a file of \d+ bytes)"):
        engine.load(folder)


def test_folders_of_a_hub_cache_are_read_through_their_links(tmp_path: Path) -> None:
    """A snapshot of a model hub links to the blobs beside it, and nowhere else."""
    snapshot = tmp_path / "models--a--b" / "snapshots" / "0123"
    toy_pipeline(shared("tagger")).to_disk(snapshot)
    blobs = tmp_path / "models--a--b" / "blobs"
    blobs.mkdir()
    (snapshot / "config.cfg").rename(blobs / "c0ffee")
    (snapshot / "config.cfg").symlink_to("../../blobs/c0ffee")
    assert engine.load(snapshot).component_names == ["tok2vec", "tagger"]


def test_whoever_loads_may_name_a_file_elsewhere(folder: Path) -> None:
    """A path that the caller gives, in place of one of the config, is the caller's."""
    (folder.parent / "mine.json").write_text("{}")
    with_reader(folder, READERS["json"].format(path="inside.json"))
    mine = str(folder.parent / "mine.json")
    with pytest.raises(
        ConfigError, match="before_creation: expected a block that names a registered function"
    ):
        engine.load(folder, config={"nlp.before_creation.path": mine})


def test_loggers_have_nothing_to_do_in_a_saved_pipeline(folder: Path) -> None:
    """A logger writes a file, or speaks to a server, as soon as it is called: none is made when loading."""
    target = folder.parent / "written.jsonl"
    settings = "progress_bar = null\nconsole_output = true"
    block = f'@loggers = "spacy.ConsoleLogger.v3"\n{settings}\noutput_file = "{target}"'
    with pytest.raises(ConfigError, match="expected no logger in a saved pipeline"):
        engine.load(with_reader(folder, block))
    assert not target.exists()


NAMES = ["/etc/passwd", "../outside", "..", ".", "a/b", "a\\b", "", "meta.json", "config.cfg"]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_components_stay_in_the_folder(folder: Path, name: str) -> None:
    """A component's name is a folder's name: reading refuses all else."""
    said = json.dumps(name)
    text = (folder / "config.cfg").read_text()
    text = text.replace('"tagger"', said).replace("[components.tagger]", f"[components.{name}]")
    (folder / "config.cfg").write_text(text.replace("[components.tagger.", f"[components.{name}."))
    with pytest.raises(EngineError):
        engine.load(sealed(folder))


@pytest.mark.parametrize("name", NAMES[1:])
def test_names_of_components_are_checked_when_written(tmp_path: Path, name: str) -> None:
    """Writing refuses the same names, before a file is written."""
    nlp = toy_pipeline(shared("tagger"))
    nlp.steps = [(name or " ", step) if known == "tagger" else (known, step) for known, step in nlp.steps]
    if not name:
        pytest.skip("an empty name is no name")
    with pytest.raises(EngineError, match="expected a name that can be a folder's"):
        nlp.to_disk(tmp_path / "saved")
    assert not (tmp_path / "saved").exists()


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "a//b", "", "./x"])
def test_names_in_meta_stay_in_the_folder(folder: Path, name: str) -> None:
    """The keys of `files` in `meta.json` are files below the folder."""
    meta = json.loads((folder / "meta.json").read_text())
    meta["files"][name] = {"size": 1, "sha256": "0"}
    (folder / "meta.json").write_text(json.dumps(meta))
    with pytest.raises(
        ModelFileError, match=r"meta\.json: files: expected the name of a file below the folder"
    ):
        engine.load(folder)


def test_source_belongs_to_the_config_of_a_training(folder: Path) -> None:
    """A saved folder that takes a component from itself, or from anywhere, is refused."""
    changed(folder, "config.cfg", 'factory = "tagger"', f'source = "{folder}"\nfactory = "tagger"')
    with pytest.raises(ModelFileError, match=r"components -> tagger -> source: a saved pipeline holds all"):
        engine.load(sealed(folder))


DEEP = 200_000


@pytest.mark.parametrize("name", ["tagger/labels.json", "meta.json", "tokenizer.json"])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 20, DEEP])
def test_deep_json_is_refused_by_file(folder: Path, name: str, depth: int) -> None:
    """JSON that is nested without end is an error that names its file."""
    (folder / name).write_text("[" * depth + "]" * depth)
    with pytest.raises(EngineError, match=name.replace(".", r"\.")):
        engine.load(sealed(folder) if name != "meta.json" else folder)


@pytest.mark.parametrize("depth", [MAX_DEPTH + 20, DEEP])
def test_deep_configs_are_refused(folder: Path, depth: int) -> None:
    """So are values of a config, and sections inside of sections."""
    text = (folder / "config.cfg").read_text()
    for more in (
        f"[paths.x]\nvalue = {'[' * depth + ']' * depth}\n",
        f"[{'.'.join(['a'] * depth)}]\nb = 1\n",
    ):
        (folder / "config.cfg").write_text(f"{text}\n{more}")
        with pytest.raises(EngineError, match="deep"):
            engine.load(sealed(folder))


def test_deep_msgpack_is_refused() -> None:
    """So is msgpack."""
    from engine.spacy_files.msgpack import unpack

    for depth in (MAX_DEPTH + 20, 1_000, DEEP):
        with pytest.raises(ModelFileError, match="here"):
            unpack(b"\x91" * depth + b"\x00", Path("here"))
    assert unpack(msgpack.packb([[1]]), Path("here")) == [[1]]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("depth = 2", "depth = 100000"),
        ("depth = 2", "depth = 250"),
        ("hidden_width = 12", "hidden_width = 200000000"),
        ("rows = [200, 50, 100, 50]", f"rows = {json.dumps([200] * 50_000)}"),
        ("maxout_pieces = 3", "maxout_pieces = 250"),
        ("window_size = 1", "window_size = 250"),
    ],
)
def test_sizes_are_compared_with_the_weights_before_layers_are_built(
    folder: Path, old: str, new: str
) -> None:
    """A config that describes a larger model than its weights is refused in no time."""
    changed(folder, "config.cfg", old, new)
    start = time.process_time()
    with pytest.raises(ModelFileError, match=r"config\.cfg: expected components -> .* up to \d+, got"):
        engine.load(folder)
    assert time.process_time() - start < 3


def test_loading_is_bounded_in_time_and_memory(folder: Path) -> None:
    """The worst of these folders end with one clear line in a process that may use little."""
    changed(folder, "config.cfg", "depth = 2", "depth = 100000")
    assert outcome_of_loading(folder).startswith("refused:")


def test_a_sparse_file_is_not_read(tmp_path: Path) -> None:
    """A file that takes no room in an archive and all of the memory when read is refused by its size."""
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ModelFileError, match=r"expected a file of up to \d+ bytes"):
        read_file(tmp_path / "sparse")


def test_references_that_double_end(folder: Path) -> None:
    """References that each hold two of the one before end before the memory does."""
    lines = ['[paths.laughs]\na0 = "ha"']
    lines += [f'a{i} = "${{paths.laughs.a{i - 1}}}${{paths.laughs.a{i - 1}}}"' for i in range(1, 64)]
    text = (folder / "config.cfg").read_text()
    (folder / "config.cfg").write_text(text + "\n" + "\n".join(lines) + "\n")
    with pytest.raises(EngineError, match="references"):
        engine.load(sealed(folder))


@pytest.mark.parametrize("label", ["\\ud800", "\\uDFFF\\ud800", "\\ud83d\\ude00", "a\\\\ud800"])
def test_halves_of_characters_are_refused_where_they_are_read(label: str, folder: Path) -> None:
    """A label that nothing can write would fail at the first text; a whole pair is one character."""
    labels = json.loads((folder / "tagger" / "labels.json").read_text())
    text = json.dumps(labels).replace(json.dumps(labels["labels"][0]), f'"{label}"', 1)
    (folder / "tagger" / "labels.json").write_text(text)
    if "ude00" in label or label[0] == "a":
        engine.load(sealed(folder))("Ada met Bob.").to_json()
        return
    with pytest.raises(ModelFileError, match=r"labels\.json: .*half of a character: \\u[dD]"):
        engine.load(sealed(folder))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32-be"])
def test_halves_of_characters_are_refused_in_each_encoding_of_json(encoding: str) -> None:
    """Bytes may be UTF-16 or UTF-32, whose escapes look otherwise."""
    assert parse_json('["\\ud83d\\ude00", "í\u00a0"]'.encode(encoding), "a file") == ["\U0001f600", "í\u00a0"]
    with pytest.raises(ModelFileError, match=r"half of a character: \\ud800"):
        parse_json('["\\ud800"]'.encode(encoding), "a file")


def test_halves_of_characters_in_a_config_are_refused(folder: Path) -> None:
    """Where it is read, not where the pipeline is saved."""
    config = (folder / "config.cfg").read_text()
    (folder / "config.cfg").write_text(config.replace("[nlp]\n", '[nlp]\nmade_up = "\\ud800"\n'))
    with pytest.raises(EngineError, match="half of a character"):
        engine.load(sealed(folder))


@pytest.mark.parametrize("name", ["tagger", "textcat"])
@pytest.mark.parametrize("labels", [[], ["A"]])
def test_there_is_a_label_for_each_score(name: str, labels: list[str], tmp_path: Path) -> None:
    """Fewer labels than the weights have scores: refused, not found out at a text whose class has none."""
    toy_pipeline(shared("tagger", "textcat")).to_disk(tmp_path)
    saved = json.loads((tmp_path / name / "labels.json").read_text())
    (tmp_path / name / "labels.json").write_text(json.dumps(saved | {"labels": labels}))
    with pytest.raises(EngineError, match=rf"expected \d classes of '{name}'.*got {len(labels)}"):
        engine.load(sealed(tmp_path))


HEADS = (
    "tagger",
    "morphologizer",
    "senter",
    "parser",
    "ner",
    "spancat",
    "trainable_lemmatizer",
    "nn_labeller",
)


@pytest.mark.parametrize("name", HEADS)
def test_there_is_a_class_for_each_score(name: str, tmp_path: Path) -> None:
    """The same of every head, whatever its classes are: with the last one gone it is refused."""
    toy_pipeline(shared(name)).to_disk(tmp_path)
    file = tmp_path / name / "labels.json"
    saved = json.loads(file.read_text())
    classes = "labels" if "labels" in saved else "actions"
    file.write_text(json.dumps(saved | {classes: saved[classes][:-1]}))
    with pytest.raises(EngineError, match=rf"expected \d+ classes of '{name}', as its weights have scores"):
        engine.load(sealed(tmp_path))
