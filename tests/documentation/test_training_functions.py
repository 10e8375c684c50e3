# SPDX-License-Identifier: Apache-2.0
"""Functions of one's own in a training, by `--code`, as the documentation writes them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import engine

from .rows import row
from .shell import PATHS, SHORT, Shell, partial_config

CODE = """
import functools
import random
from typing import Any, Callable, Dict, Iterable, Iterator, List, IO, Optional, Tuple
from pathlib import Path

import engine
from engine import Example, Language
from thinc.api import Optimizer, Adam


@engine.registry.callbacks("identity_callback.v1")
def create_identity():
    def identity(language_class):
        return language_class
    return identity


@engine.registry.callbacks("add_components.v1")
def create_add_components():
    def modify(nlp):
        assert nlp.pipe_names
        nlp.meta["seen"] = list(nlp.pipe_names)
        return nlp
    return modify


@engine.registry.callbacks("note.v1")
def create_note(name: str):
    def note(nlp):
        Path(name).write_text(",".join(nlp.pipe_names))
    return note


@engine.registry.callbacks("before_disk.v1")
def create_before_disk():
    def before(nlp):
        nlp.meta["description"] = "changed before it was written"
        return nlp
    return before


@engine.registry.callbacks("before_update.v1")
def create_before_update():
    def before(nlp, args):
        Path("step.txt").write_text(f"{args['step']} {args['epoch']}")
    return before


@engine.registry.loggers("my_custom_logger.v1")
def custom_logger(log_path):
    def setup_logger(
        nlp: "Language",
        stdout: IO,
        stderr: IO,
    ) -> Tuple[Callable, Callable]:
        stdout.write(f"Logging to {log_path}\\\\n")
        log_file = Path(log_path).open("w", encoding="utf8")
        log_file.write("step\\\\t")
        log_file.write("score\\\\t")
        for pipe in nlp.pipe_names:
            log_file.write(f"loss_{pipe}\\\\t")
        log_file.write("\\\\n")

        def log_step(info: Optional[Dict[str, Any]]):
            if info:
                log_file.write(f"{info['step']}\\\\t")
                log_file.write(f"{info['score']}\\\\t")
                for pipe in nlp.pipe_names:
                    log_file.write(f"{info['losses'][pipe]}\\\\t")
                log_file.write("\\\\n")
                Path("keys.txt").write_text(" ".join(sorted(info)))

        def finalize():
            log_file.close()

        return log_step, finalize

    return setup_logger


@engine.registry.schedules("my_custom_schedule.v1")
def my_custom_schedule(start: float = 1.0, factor: float = 1.001):
    while True:
        yield start
        start = start * factor


@engine.registry.readers("corpus_variants.v1")
def stream_data(source: str) -> Callable[[Language], Iterator[Example]]:
    def generate_stream(nlp):
        for line in Path(source).read_text().splitlines():
            text, label = line.split("\\\\t")
            for variant in (text, text.lower()):
                doc = nlp.make_doc(variant)
                cats = {"even": float(label == "even"), "odd": float(label == "odd")}
                yield Example.from_dict(doc, {"cats": cats})

    return generate_stream


@engine.registry.readers("even_odd.v1")
def create_even_odd_corpus() -> Callable[[Language], Iterable[Example]]:
    return EvenOddCorpus()


class EvenOddCorpus:
    def __call__(self, nlp: Language) -> Iterable[Example]:
        while True:
            r = random.randint(0, 1000)
            even = r % 2 == 0
            text = "This is sentence " + str(r)
            doc = nlp.make_doc(text)
            cats = {"EVEN": even, "ODD": not even}
            yield Example.from_dict(doc, {"cats": cats})


@engine.registry.batchers("filtering_batch.v1")
def filter_batch(size: int) -> Callable[[Iterable[Example]], Iterator[List[Example]]]:
    def create_filtered_batches(examples):
        batch = []
        for eg in examples:
            # Remove empty texts
            if eg.text:
                batch.append(eg)
                if len(batch) == size:
                    yield batch
                    batch = []
    return create_filtered_batches


@engine.registry.augmenters("spongebob_augmenter.v1")
def create_augmenter(randomize: bool = False):
    def augment(nlp, example):
        text = example.text
        if randomize:
            ch = [c.lower() if random.random() < 0.5 else c.upper() for c in text]
        else:
            ch = [c.lower() if i % 2 else c.upper() for i, c in enumerate(text)]
        example_dict = example.to_dict()
        doc = nlp.make_doc("".join(ch))
        example_dict["token_annotation"]["ORTH"] = [t.text for t in doc]
        yield example
        yield example.from_dict(doc, example_dict)

    return augment


@engine.registry.optimizers("my_optimizer.v1")
def make_optimizer(rate: float = 0.01) -> Optimizer:
    return Adam(rate)


@engine.registry.readers("both.v1")
def create_both(train: str, dev: str):
    from_file = engine.registry.get("readers", "spacy.Corpus.v1")
    return {"train": from_file(train), "dev": from_file(dev)}
""".replace("\\\\", "\\")
TEXTCAT = """
[components.textcat]
factory = "textcat"

[components.textcat.model]
@architectures = "spacy.TextCatBOW.v3"
exclusive_classes = true
ngram_size = 1
no_output_layer = false
length = 512
"""
BATCHERS = {
    "H20.1": '{"@batchers": "spacy.batch_by_words.v1", "size": 100, "tolerance": 0.2}',
    "H20.2": '{"@batchers": "spacy.batch_by_padded.v1", "size": 100, "buffer": 8}',
    "H20.3": '{"@batchers": "spacy.batch_by_sequence.v1", "size": 4}',
}
LOGGERS = {
    "H13.1": '{"@loggers": "spacy.ConsoleLogger.v1", "progress_bar": false}',
    "H13.2": '{"@loggers": "spacy.ConsoleLogger.v2", "output_file": "log.jsonl"}',
    "H13.3": '{"@loggers": "spacy.ConsoleLogger.v3", "progress_bar": "eval"}',
    "H13.7": '{"@loggers": "spacy.ChainLogger.v1", "logger1": {"@loggers": "spacy.LookupLogger.v1", '
    '"patterns": ["^score$"]}}',
}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line with a little corpus, a partial config and a file of functions."""
    shell = Shell(tmp_path, monkeypatch)
    shell.write("config.cfg", partial_config("tok2vec", "tagger"))
    shell.write("functions.py", CODE)
    return shell


def train(shell: Shell, *words: str, config: str = "config.cfg") -> str:
    """What a short training prints."""
    code = ("--code", "functions.py")
    return shell.good("train", config, "-o", "out", *code, *PATHS, *SHORT, *words).stdout


@row("H04", "H06", "H08", "H28")
def test_callbacks_of_the_life_cycle_are_called(shell: Shell) -> None:
    """Before creation, after it, around initialisation, before an update and before writing."""
    more = (
        '\n[nlp.before_creation]\n@callbacks = "identity_callback.v1"\n'
        '\n[nlp.after_pipeline_creation]\n@callbacks = "add_components.v1"\n'
        '\n[initialize]\n\n[initialize.before_init]\n@callbacks = "note.v1"\nname = "before.txt"\n'
        '\n[initialize.after_init]\n@callbacks = "note.v1"\nname = "after.txt"\n'
        '\n[training]\n\n[training.before_update]\n@callbacks = "before_update.v1"\n'
        '\n[training.before_to_disk]\n@callbacks = "before_disk.v1"\n'
    )
    shell.write("config.cfg", partial_config("tok2vec", "tagger", more=more))
    train(shell)
    assert shell.read("before.txt") == shell.read("after.txt") == "tok2vec,tagger"
    assert shell.read("step.txt").split()[0] == "4"
    meta = json.loads(shell.read("out/model-best/meta.json"))
    assert (meta["seen"], meta["description"]) == (["tok2vec", "tagger"], "changed before it was written")


@row("H11", "H12")
def test_a_logger_of_ones_own_sees_components_and_steps(shell: Shell) -> None:
    """It is set up with the pipeline and both streams; a step tells epoch, losses, scores and checkpoints."""
    logger = '{"@loggers": "my_custom_logger.v1", "log_path": "log.tsv"}'
    assert "Logging to log.tsv" in train(shell, "--training.logger", logger)
    head, *rows = shell.read("log.tsv").splitlines()
    assert head.split() == ["step", "score", "loss_tok2vec", "loss_tagger"]
    assert [line.split()[0] for line in rows] == ["2", "4"]
    keys = set(shell.read("keys.txt").split())
    assert {"epoch", "step", "score", "other_scores", "losses", "checkpoints", "seconds", "words"} <= keys


@pytest.mark.parametrize("block", [pytest.param(b, marks=row(id), id=id) for id, b in LOGGERS.items()])
def test_loggers_by_their_names(shell: Shell, block: str) -> None:
    """Tables, files, and what one looks up in a chain."""
    printed = train(shell, "--training.logger", block)
    if "Lookup" in block:
        assert printed.startswith("score -> ")
    else:
        assert printed.splitlines()[0].split()[:2] == ["E", "#"]
    if "output_file" in block:
        assert len(shell.read("log.jsonl").splitlines()) == 2


@row("H14", "H15")
def test_a_schedule_of_ones_own_is_a_batch_size_or_a_rate(shell: Shell) -> None:
    """A generator in place of a number."""
    block = '{"@schedules": "my_custom_schedule.v1", "start": %s, "factor": 1.005}'
    train(shell, "--training.batcher.size", block % 2, "--training.optimizer.learn_rate", block % 0.01)


@row("H17")
def test_a_reader_of_ones_own_makes_examples(shell: Shell) -> None:
    """`nlp.make_doc` and `Example.from_dict` with categories."""
    shell.write("even.tsv", "Two is even\teven\nOne is odd\todd\n")
    corpora = "".join(
        f'\n[corpora.{name}]\n@readers = "corpus_variants.v1"\nsource = "even.tsv"\n'
        for name in ("train", "dev")
    )
    config = partial_config(more=f"{TEXTCAT}\n[corpora]\n{corpora}").replace(
        "pipeline = []", 'pipeline = ["textcat"]'
    )
    shell.write("c.cfg", config)
    shell.good("train", "c.cfg", "-o", "out", "--code", "functions.py", *SHORT)
    assert set(engine.load("out")("Two is even").cats) == {"even", "odd"}


@row("H18")
def test_an_endless_reader_trains(shell: Shell) -> None:
    """With max_epochs -1 examples are read as they come; labels are those of the first ones."""
    shell.write("dev.jsonl", '{"text": "This is sentence 2", "cats": {"EVEN": 1, "ODD": 0}}\n')
    corpora = '\n[corpora]\n\n[corpora.train]\n@readers = "even_odd.v1"\n'
    more = TEXTCAT + corpora + "\n[training]\nmax_epochs = -1\n"
    config = partial_config(more=more).replace("pipeline = []", 'pipeline = ["textcat"]')
    shell.write("c.cfg", config)
    words = ("--code", "functions.py", "--paths.dev", "dev.jsonl", *SHORT)
    shell.good("train", "c.cfg", "-o", "out", *words)
    assert set(engine.load("out")("This is sentence 7").cats) == {"EVEN", "ODD"}


@row("H19")
def test_a_batcher_of_ones_own(shell: Shell) -> None:
    """A filter as printed."""
    train(shell, "--training.batcher", '{"@batchers": "filtering_batch.v1", "size": 2}')


@pytest.mark.parametrize("block", [pytest.param(b, marks=row(id), id=id) for id, b in BATCHERS.items()])
def test_batchers_by_their_names(shell: Shell, block: str) -> None:
    """By words, by padded words, by sequences."""
    train(shell, "--training.batcher", block)


@row("H23", "H25")
def test_augmenters_change_what_is_read(shell: Shell) -> None:
    """One of one's own by to_dict, make_doc and from_dict; lower case by its name."""
    train(shell, "--corpora.train.augmenter", '{"@augmenters": "spongebob_augmenter.v1", "randomize": false}')
    train(shell, "--corpora.train.augmenter", '{"@augmenters": "spacy.lower_case.v1", "level": 0.5}')


@row("H27")
def test_defaults_of_ones_own_functions_are_written(shell: Shell) -> None:
    """fill-config writes them where --code registers the function."""
    more = '\n[training]\n\n[training.optimizer]\n@optimizers = "my_optimizer.v1"\n'
    shell.write("config.cfg", partial_config("tok2vec", "tagger", more=more))
    shell.good("init", "fill-config", "config.cfg", "filled.cfg", "--code", "functions.py")
    assert shell.config("filled.cfg")["training"]["optimizer"]["rate"] == 0.01


@row("H29")
def test_an_optimizer_of_ones_own(shell: Shell) -> None:
    """By the registry."""
    train(shell, "--training.optimizer", '{"@optimizers": "my_optimizer.v1"}')


@row("H30")
def test_one_function_makes_all_corpora(shell: Shell) -> None:
    """`[corpora] @readers` gives a map."""
    more = '\n[corpora]\n@readers = "both.v1"\ntrain = "train.spacy"\ndev = "dev.spacy"\n'
    shell.write("config.cfg", partial_config("tok2vec", "tagger", more=more))
    shell.good("train", "config.cfg", "-o", "out", "--code", "functions.py", *SHORT)


@row("J04", "J05", "J07", "J08")
def test_corpora_have_settings_names_and_folders(shell: Shell) -> None:
    """gold_preproc, max_length and limit; other names; a folder of files; texts without labels."""
    (shell.folder / "corpus").mkdir()
    (shell.folder / "train.spacy").rename(shell.folder / "corpus" / "a.spacy")
    shell.write("texts.jsonl", '{"text": "Ada met Grace."}\n{"text": "Rain fell."}\n')
    more = (
        '\n[corpora]\n\n[corpora.mine]\n@readers = "spacy.Corpus.v1"\npath = "corpus"\n'
        "gold_preproc = true\nmax_length = 10\nlimit = 3\n"
        '\n[corpora.raw]\n@readers = "spacy.JsonlCorpus.v1"\npath = "texts.jsonl"\nlimit = 1\n'
        '\n[training]\ntrain_corpus = "corpora.mine"\n'
    )
    shell.write("config.cfg", partial_config("tok2vec", "tagger", more=more))
    shell.good("train", "config.cfg", "-o", "out", "--paths.dev", "dev.spacy", *SHORT)
    from engine.config.resolver import resolve

    corpora = (
        resolve(engine.fill_config(shell.config()), "corpora.mine"),
        resolve(shell.config(), "corpora.raw"),
    )
    mine, raw = (list(corpus(engine.blank("en"))) for corpus in corpora)
    assert len(mine) == 3
    assert [example.text for example in raw] == ["Ada met Grace."]


@row("J09")
def test_a_corpus_is_called_from_python(shell: Shell) -> None:
    """`Corpus(path)(nlp)` gives examples."""
    from engine.training.corpus import Corpus

    nlp = engine.blank("en")
    corpus = Corpus("./train.spacy", limit=2, shuffle=False, gold_preproc=False, max_length=0)
    assert [example.reference.has_annotation("TAG") for example in corpus(nlp)] == [True, True]


@pytest.mark.nightly
@row("G02")
def test_components_that_spacy_trained_are_sources(shell: Shell) -> None:
    """A pipeline that spaCy saved is a source of components, which are updated further."""
    golden = Path(__file__).parents[1] / "engine" / "spacy_files" / "golden"
    folders = [
        file.parent
        for file in sorted(golden.rglob("config.cfg"))
        if "[components.tagger]" in file.read_text()
    ]
    source = folders[0]
    names = [name for name in engine.load(source).names if name in ("tok2vec", "tagger")]
    sections = "".join(f'\n[components.{name}]\nsource = "{source}"\n' for name in names)
    pipeline = json.dumps(names)
    shell.write("c.cfg", partial_config(more=sections).replace("pipeline = []", f"pipeline = {pipeline}"))
    told = shell("train", "c.cfg", "-o", "out", *PATHS, *SHORT)
    assert told.exit_code == 0 or "labels" in told.output, told.output


@pytest.mark.nightly
@row("H13.4", "H13.5")
def test_runs_are_sent_to_weights_and_biases(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Offline, a run of the service is on the disk, without the config's values that were removed."""
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    for name in ("spacy.WandbLogger.v1", "spacy.WandbLogger.v3", "spacy.WandbLogger.v5"):
        block = f'{{"@loggers": "{name}", "project_name": "doc", "remove_config_values": ["paths.train"]}}'
        train(shell, "--training.logger", block)
    assert len(list((shell.folder / "wandb").glob("offline-run-*"))) == 3


@pytest.mark.nightly
@row("H13.6")
def test_runs_are_sent_to_mlflow(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters, metrics and the best pipeline, in a local folder."""
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(f"file://{shell.folder}/mlruns")
    block = (
        '{"@loggers": "spacy.MLflowLogger.v2", "run_name": "doc", "remove_config_values": ["paths.train"]}'
    )
    train(shell, "--training.logger", block)
    (metrics,) = {file.parent for file in (shell.folder / "mlruns").rglob("metrics/score")}
    names = {file.name for file in metrics.iterdir()}
    assert {"score", "loss_tagger", "tag_acc"} <= names
    assert list((shell.folder / "mlruns").rglob("model_best/config.cfg"))


@pytest.mark.nightly
@pytest.mark.timeout(400)
def test_runs_are_sent_to_clearml(shell: Shell) -> None:
    """Offline, a session of the service is on the disk."""
    if find_spec("clearml") is None:
        pytest.skip("clearml is not installed")
    keys = dict.fromkeys(("CLEARML_API_ACCESS_KEY", "CLEARML_API_SECRET_KEY"), "x")
    hosts = {f"CLEARML_{name}_HOST": "http://127.0.0.1:9" for name in ("API", "WEB", "FILES")}
    mode = {"CLEARML_OFFLINE_MODE": "1", "HOME": str(shell.folder)}
    block = '{"@loggers": "spacy.ClearMLLogger.v2", "project_name": "doc", "task_name": "test"}'
    words = ("train", "config.cfg", *PATHS, *SHORT, "--training.logger", block)
    done = subprocess.run(
        [sys.executable, "-m", "engine", *words],
        env={**os.environ, **keys, **hosts, **mode},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list((shell.folder / ".clearml").rglob("offline-*.zip"))


def test_a_logger_whose_extra_is_missing_says_what_to_type(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is learned."""
    monkeypatch.setattr("engine.extras.find_spec", lambda name: None)
    block = '{"@loggers": "spacy.WandbLogger.v5", "project_name": "doc"}'
    told = shell("train", "config.cfg", *PATHS, *SHORT, "--training.logger", block)
    assert told.exit_code == 1
    assert "pip install 'freshet[wandb]'" in told.output
