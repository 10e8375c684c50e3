# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

import engine
from engine.spacy_names import run_file
from engine.spacy_names.modules import named
from engine.spacy_names.table import NAMES

OWN_COMPONENT = """
import json
from spacy.language import Language
from spacy.tokens import Span

@Language.factory("own_files_places", default_config={"label": "GPE"})
class Places:
    def __init__(self, nlp, name, label):
        self.label, self.words = label, []

    def __call__(self, doc):
        doc.ents = [Span(doc, t.i, t.i + 1, label=self.label) for t in doc if t.text in self.words]
        return doc

    def from_disk(self, path, exclude=tuple()):
        self.words = json.loads((path / "words.json").read_text())
        return self
"""
"""A component of somebody's own, as it was written for spaCy."""

GOLDEN = Path(__file__).parents[1] / "spacy_files" / "golden"

SCRIPT = """
import sys
import spacy
import spacy.util as helpers
from spacy.lang.de import German
from spacy.language import Language
from spacy.tokens import *
from {helper} import count

kinds = (Doc, Language, German, spacy.blank("en").__class__)
number = count(spacy.blank("en")("Two words."))
hidden = "spacy" not in sys.modules
minibatch = helpers.minibatch
"""


def test_every_name_of_the_table_is_there() -> None:
    """Each place that the table names exists."""
    for module, names in NAMES.items():
        for name in names if not module.startswith("lang.") else ():
            if name:
                assert named(module, name) is not None


def test_names_of_every_language_are_there() -> None:
    """Its class, the class's defaults and its stop words."""
    from engine.lang.fi import Finnish
    from engine.lang.fi.stop_words import STOP_WORDS

    assert (Finnish().lang, Finnish.Defaults.stop_words) == ("fi", STOP_WORDS)
    assert isinstance(engine.blank("fi"), Finnish)


def test_a_file_of_somebodys_own_gets_our_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So do modules beside it; the rest of the process does not see them."""
    helper = f"helper_{tmp_path.name}".replace("-", "_")
    (tmp_path / f"{helper}.py").write_text(
        "from spacy.tokens import Doc\n\ndef count(doc): return len(doc)\n"
    )
    (tmp_path / "script.py").write_text(SCRIPT.format(helper=helper))
    monkeypatch.syspath_prepend(str(tmp_path))
    module = run_file(tmp_path / "script.py", name=f"own_{helper}", as_spacy=True)
    assert module.kinds == (engine.Doc, engine.Language, type(engine.blank("de")), type(engine.blank("en")))
    assert (module.number, module.hidden) == (3, True)
    assert module.minibatch is engine.util.minibatch
    with pytest.raises(ModuleNotFoundError):
        __import__("spacy")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("from spacy.tokens import Dok", r"spacy\.tokens\.Dok is not here; did you mean Doc"),
        ("import spacy.nowhere", r"spacy\.nowhere is not here\. There are: "),
        ("from spacy.pipeline.transformer import Transformer", r"another package's \(spacy-transformers\)"),
    ],
)
def test_what_is_not_there_fails_with_its_name_and_what_to_do(
    line: str, message: str, tmp_path: Path
) -> None:
    """The error names what was asked for, what there is, and the way out; the module is gone again."""
    (tmp_path / "script.py").write_text(line)
    with pytest.raises(ImportError, match=message) as error:
        run_file(tmp_path / "script.py", name="fails_here", as_spacy=True)
    assert "docs/from-spacy.md" in str(error.value)
    assert "fails_here" not in sys.modules


def test_documented_modules_stand_below_engine_too() -> None:
    """`import spacy` may become `import engine`, word for word."""
    from engine.matcher import Matcher
    from engine.pipeline import TrainablePipe
    from engine.tokens import Doc
    from engine.training import Example
    from engine.training.loop import train

    assert (Doc, Example, Matcher) == (engine.Doc, engine.Example, engine.Matcher)
    assert TrainablePipe is engine.TrainablePipe
    assert callable(train)
    with pytest.raises(ModuleNotFoundError):
        __import__("engine.nowhere")


def test_a_pipeline_that_spacy_saved_has_its_authors_component_again(tmp_path: Path) -> None:
    """Its file is run unchanged, and the component reads its part of the folder; left out, none is needed."""
    saved = tmp_path / "saved"
    shutil.copytree(GOLDEN / "parser", saved)
    config = engine.read_config(saved / "config.cfg")
    config["nlp"]["pipeline"].append("places")
    config["components"]["places"] = {"factory": "own_files_places", "label": "CITY"}
    (saved / "config.cfg").write_text(config.to_str(interpolate=False), encoding="utf8")
    (saved / "places").mkdir()
    (saved / "places" / "words.json").write_text('["Kigali"]')
    with pytest.raises(engine.EngineError, match=r"'own_files_places', which is not here; .*--code"):
        engine.load(saved)
    assert "places" not in engine.load(saved, exclude=["places"]).component_names
    (tmp_path / "code.py").write_text(OWN_COMPONENT)
    run_file(tmp_path / "code.py", name="test_own_files_code", as_spacy=True)
    assert [(ent.text, ent.label_) for ent in engine.load(saved)("Ada saw Kigali.").ents] == [
        ("Kigali", "CITY")
    ]
