# SPDX-License-Identifier: Apache-2.0
"""A command line in a folder with a little corpus, for tests that type what the documentation types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import engine
from engine.spacy_files.docbin import DocBinWriter
from tests.engine.toy import toy_examples
from workers.cli.app import app

PATHS = ("--paths.train", "./train.spacy", "--paths.dev", "./dev.spacy")
SHORT = ("--training.max_steps", "4", "--training.eval_frequency", "2")

EMBEDDING = """
[components.tok2vec]
factory = "tok2vec"

[components.tok2vec.model]
@architectures = "spacy.HashEmbedCNN.v2"
width = 16
depth = 1
embed_size = 100
window_size = 1
maxout_pieces = 2
subword_features = true
pretrained_vectors = null
"""
"""A small embedding, as the documentation writes one."""

LISTENER = """
[components.{name}.model.tok2vec]
@architectures = "spacy.Tok2VecListener.v1"
width = 16
"""

TAGGER = """
[components.tagger]
factory = "tagger"

[components.tagger.model]
@architectures = "spacy.Tagger.v2"
nO = null
""" + LISTENER.format(name="tagger")

NER = """
[components.ner]
factory = "ner"

[components.ner.model]
@architectures = "spacy.TransitionBasedParser.v2"
state_type = "ner"
extra_state_tokens = false
hidden_width = 12
maxout_pieces = 2
use_upper = true
""" + LISTENER.format(name="ner")


def partial_config(*names: str, more: str = "", before: str = "") -> str:
    """A config of these components that leaves out all that has a default."""
    parts = {"tok2vec": EMBEDDING, "tagger": TAGGER, "ner": NER}
    pipeline = ", ".join(f'"{name}"' for name in names)
    blocks = "".join(parts.get(name, f'\n[components.{name}]\nfactory = "{name}"\n') for name in names)
    head = '\n[paths]\ntrain = null\ndev = null\n\n[nlp]\nlang = "en"\n'
    return f"{before}{head}pipeline = [{pipeline}]\n\n[components]\n{blocks}{more}"


class Shell:
    """Types commands in a folder that holds `train.spacy` and `dev.spacy`."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(folder)
        for name in ("SPACY_CONFIG_OVERRIDES", "FRESHET_CONFIG_OVERRIDES"):
            monkeypatch.delenv(name, raising=False)
        self.folder = folder
        self._runner = CliRunner()
        write_corpus(folder / "train.spacy", 3)
        write_corpus(folder / "dev.spacy", 1)

    def __call__(self, *words: object, **options: Any) -> Result:
        """Type a command; `input` is what it reads from standard input."""
        return self._runner.invoke(app, [str(word) for word in words], catch_exceptions=False, **options)

    def good(self, *words: object, **options: Any) -> Result:
        """Type a command that has to end well."""
        result = self(*words, **options)
        assert result.exit_code == 0, result.output
        return result

    def write(self, name: str, text: str) -> None:
        """Write a file into the folder."""
        (self.folder / name).write_text(text, encoding="utf8")

    def read(self, name: str) -> str:
        """The text of a file."""
        return (self.folder / name).read_text(encoding="utf8")

    def config(self, name: str = "config.cfg") -> engine.Config:
        """The config of a file."""
        return engine.read_config(self.folder / name)


def write_corpus(path: Path, times: int) -> None:
    """The toy documents, so many times, as a DocBin."""
    writer = DocBinWriter()
    for example in toy_examples(engine.blank("en")) * times:
        writer.add(example.reference.batch)
    writer.write(path)
