# SPDX-License-Identifier: Apache-2.0
"""A component of your own: a category "SHOUTING" by the share of capital letters, beside the starter's parts.

Registered under a name, it is named by a config like any other; the config is all that a saved pipeline
needs to make it again, so the file with the code is handed to every command by `--code`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import engine

CONFIG = """
[nlp]
lang = "en"
pipeline = ["tok2vec", "ner", "shouting"]

[components]

[components.tok2vec]
source = "models/en_starter"

[components.ner]
source = "models/en_starter"

[components.shouting]
factory = "shouting"
min_letters = 4
"""


class Shouting:
    """Scores each document by the share of its letters that are capitals."""

    def __init__(self, name: str, min_letters: int) -> None:
        self.name = name
        self.min_letters = min_letters

    def predict(self, batch: engine.Batch) -> None:
        """Write one score a document into the batch. Shape: `(n_docs,)`."""
        batch.cats["SHOUTING"] = np.array([self._share(text) for text in batch.texts], dtype=np.float32)

    def score(self, examples: Sequence[engine.Example]) -> dict[str, float]:
        """Nothing: there is no gold for it."""
        return {}

    def _share(self, text: str) -> float:
        letters = [letter for letter in text if letter.isalpha()]
        return sum(map(str.isupper, letters)) / len(letters) if len(letters) >= self.min_letters else 0.0


@engine.registry.factories("shouting")
def make_shouting(name: str, min_letters: int = 1) -> Shouting:
    """The component, from what its section of the config says."""
    return Shouting(name, min_letters)


def main(folder: Path) -> None:
    """Build the pipeline, save it, load it, use it."""
    config_file = folder / "config.cfg"
    config_file.write_text(CONFIG, encoding="utf8")
    config = engine.fill_config(engine.read_config(config_file))  # the defaults of all that it does not say
    engine.build(config).to_disk(folder / "pipeline")

    nlp = engine.load(folder / "pipeline")
    for doc in nlp.pipe(["ADA LOVELACE MET BABBAGE!", "Ada Lovelace met Charles Babbage in London."]):
        print([(ent.text, ent.label) for ent in doc.ents], f"shouting {doc.cats['SHOUTING']:.2f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        main(Path(temporary))
