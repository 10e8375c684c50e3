# SPDX-License-Identifier: Apache-2.0
"""The command line as the documentation types it, `freshet` in place of `python -m spacy`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import engine
from engine.spacy_files.docbin import read_docbin

from .rows import row
from .shell import PATHS, SHORT, Shell, partial_config

COMPONENTS = {
    "E05.01": "tagger",
    "E05.02": "morphologizer",
    "E05.03": "parser",
    "E05.04": "senter",
    "E05.05": "sentencizer",
    "E05.06": "ner",
    "E05.07": "textcat",
    "E05.08": "textcat_multilabel",
    "E05.09": "spancat",
    "E05.10": "trainable_lemmatizer",
    "E05.11": "lemmatizer",
    "E05.12": "entity_ruler",
    "E05.13": "attribute_ruler",
    "E05.14": "span_ruler",
    "E05.15": "entity_linker",
    "E05.16": "tok2vec,tagger",
    "E05.17": "span_finder",
    "E05.18": "spancat_singlelabel",
    "E05.19": "merge_entities",
}
BROKEN = """
[components.tok2vec]
factory = "tok2vec"

[components.tok2vec.model]
@architectures = "spacy.Tok2Vec.v2"

[components.tok2vec.model.embed]
@architectures = "spacy.MultiHashEmbed.v2"

[components.tok2vec.model.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = 16
window_size = "one"
maxout_pieces = 3
dpth = 4
"""
CONLL = """-DOCSTART- -X- O O

EU NNP B-NP B-ORG
rejects VBZ B-VP O
German JJ B-NP B-MISC
call NN I-NP O

Peter NNP B-NP B-PER
Blackburn NNP I-NP I-PER

-DOCSTART- -X- O O

BRUSSELS NNP B-NP B-LOC
"""
IOB = "I|O like|O London|I-GPE and|O New|B-GPE York|I-GPE City|I-GPE .|O\nPeter|NNP|B-PER sleeps|VBZ|O\n"
CONLLU = (
    "# sent_id = 1\n"
    "1\tIl\til\tPRON\tPR\tNumber=Sing\t2\tnsubj\t_\t_\n"
    "2\tva\taller\tVERB\tV\t_\t0\troot\t_\t_\n"
    "3-4\tau\t_\t_\t_\t_\t_\t_\t_\t_\n"
    "3\tà\tà\tADP\tP\t_\t5\tcase\t_\t_\n"
    "4\tle\tle\tDET\tD\tGender=Masc\t5\tdet\t_\t_\n"
    "5\tparc\t_\tNOUN\tN\t_\t2\tobl\t_\tSpaceAfter=No|name=B-LOC\n\n"
)
V2 = [
    {
        "id": 0,
        "paragraphs": [
            {
                "raw": "I like London. Really.",
                "cats": [{"label": "A", "value": 1.0}],
                "sentences": [
                    {
                        "tokens": [
                            {"id": 0, "orth": "I", "tag": "PRP", "head": 1, "dep": "nsubj", "ner": "O"},
                            {"id": 1, "orth": "like", "tag": "VBP", "head": 0, "dep": "ROOT", "ner": "O"},
                            {
                                "id": 2,
                                "orth": "London",
                                "tag": "NNP",
                                "head": -1,
                                "dep": "dobj",
                                "ner": "U-GPE",
                            },
                            {"id": 3, "orth": ".", "tag": ".", "head": -2, "dep": "punct", "ner": "O"},
                        ]
                    },
                    {
                        "tokens": [
                            {"orth": "Really", "head": 0, "dep": "ROOT", "ner": "O"},
                            {"orth": ".", "head": -1, "dep": "punct", "ner": "O"},
                        ]
                    },
                ],
            }
        ],
    }
]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A command line with a little corpus."""
    return Shell(tmp_path, monkeypatch)


@row("E01", "E02", "E03")
def test_init_config_writes_a_config_for_what_is_wished(shell: Shell) -> None:
    """Without options tagger, parser and ner; else the named ones, small or large."""
    shell.good("init", "config", "config.cfg")
    assert shell.config()["nlp"]["pipeline"] == ["tok2vec", "tagger", "parser", "ner"]
    words = ("init", "config", "-", "--lang", "en", "--pipeline", "ner,textcat", "--optimize")
    large = engine.Config().from_str(shell.good(*words, "accuracy").stdout)
    small = engine.Config().from_str(shell.good(*words, "efficiency").stdout)
    widths = [made["components"]["tok2vec"]["model"]["encode"]["width"] for made in (small, large)]
    assert widths == [96, 256]
    assert large["components"]["textcat"]["model"]["@architectures"] == "spacy.TextCatEnsemble.v2"
    assert small["components"]["textcat"]["model"]["@architectures"] == "spacy.TextCatBOW.v3"


@pytest.mark.parametrize(
    "names", [pytest.param(names, marks=row(id), id=names) for id, names in COMPONENTS.items()]
)
def test_init_config_knows_every_component(shell: Shell, names: str) -> None:
    """The config of each component is complete, and a pipeline can be made of it."""
    shell.good("init", "config", "config.cfg", "--pipeline", names)
    assert engine.fill_config(shell.config()) == shell.config()
    assert engine.from_config("config.cfg").names[-1] == names.split(",")[-1]


def test_names_of_components_come_in_any_form_of_list(shell: Shell) -> None:
    """With blanks, brackets or quotes; an unknown one is refused with those there are."""
    for text in ("ner, tagger", '["ner","tagger"]', "[ner, tagger]"):
        made = engine.Config().from_str(shell.good("init", "config", "-", "-p", text).stdout)
        assert made["nlp"]["pipeline"] == ["tok2vec", "ner", "tagger"]
    refused = shell("init", "config", "-", "-p", "nerd")
    assert refused.exit_code == 2
    assert "attribute_ruler" in refused.output


def test_what_this_version_cannot_train_is_refused_in_words(shell: Shell) -> None:
    """--gpu says what is not here, and train --gpu-id 0 too; --pretraining is there."""
    assert "transformer" in shell("init", "config", "-", "--gpu").output
    assert "pretraining" in shell("init", "config", "-", "--pretraining").output
    shell.write("config.cfg", partial_config("tok2vec", "tagger"))
    assert "trains on the CPU" in shell("train", "config.cfg", "--gpu-id", "0", *PATHS).output


@row("E06.6")
def test_init_config_takes_a_language(shell: Shell) -> None:
    """The language of the text stands in the config; an unknown code is refused."""
    shell.good("init", "config", "config.cfg", "--lang", "xx", "--pipeline", "ner")
    assert shell.config()["nlp"]["lang"] == "xx"
    assert shell("init", "config", "-", "--lang", "no-such").exit_code == 2


@row("E07", "E09")
def test_fill_config_completes_a_config(shell: Shell) -> None:
    """From file to file, or from standard input to standard output."""
    shell.write("base_config.cfg", partial_config("tok2vec", "tagger"))
    shell.good("init", "fill-config", "base_config.cfg", "config.cfg")
    assert shell.config()["training"]["optimizer"]["@optimizers"] == "Adam.v1"
    piped = shell.good("init", "fill-config", "-", "-", input=shell.read("base_config.cfg"))
    assert piped.stdout == shell.read("config.cfg")


@row("E08")
def test_fill_config_tells_what_is_still_missing_or_wrong(shell: Shell) -> None:
    """Every argument without a default, every unknown one, every wrong type, with its path; exit code 1."""
    shell.write("base_config.cfg", partial_config("tagger", more=BROKEN))
    told = shell("init", "fill-config", "base_config.cfg", "config.cfg")
    assert told.exit_code == 1
    for part in ("embed -> width: missing", "depth: missing", "dpth: unexpected", "window_size: "):
        assert part in told.stderr


def test_fill_config_shows_what_it_changed(shell: Shell) -> None:
    """--diff shows added lines."""
    shell.write("base_config.cfg", partial_config("tok2vec", "tagger"))
    assert "+max_epochs = 0" in shell.good("init", "fill-config", "base_config.cfg", "-", "--diff").stderr


@row("E10", "E11", "E11b")
def test_debug_data_finds_what_is_wrong_with_data(shell: Shell) -> None:
    """Rare labels, texts in both parts, labels of one part, and entities with whitespace at their ends."""
    shell.write("config.cfg", partial_config("tok2vec", "ner"))
    tokenizer = engine.blank("en").tokenizer
    doc = tokenizer.from_words(["Ada", "\n", "sleeps"], [False, False, False])
    doc.set_ents([(0, 2, "PER")])
    writer = engine.spacy_files.docbin.DocBinWriter()  # type: ignore[attr-defined]
    writer.add(doc.batch)
    writer.write(shell.folder / "train.spacy")
    told = shell("debug", "data", "config.cfg", *PATHS)
    assert told.exit_code == 1
    assert "1 entities begin or end with whitespace: document 1, 0:4: 'Ada\\n' (PER)" in told.stdout
    assert "only the dev corpus has LOC" in told.stdout
    assert "look: ents: fewer than 50 examples of PER" in told.stdout
    shell.write("train.jsonl", json.dumps({"text": "Ada sleeps."}) + "\n")
    lacking = shell("debug", "data", "config.cfg", "--paths.train", "train.jsonl", *PATHS[2:])
    assert "component 'ner' learns entities, but the training corpus has none" in lacking.stdout
    quiet = shell("debug", "data", "config.cfg", *PATHS, "--ignore-warnings", "--no-format", "-V")
    assert "look:" not in quiet.stdout


@row("E12", "E13")
def test_debug_config_shows_functions_and_variables(shell: Shell) -> None:
    """A good config is said to be; --show-functions says where functions stand, --show-variables values."""
    shell.write("config.cfg", partial_config("tok2vec", "tagger"))
    assert "the config is good" in shell.good("debug", "config", "config.cfg", *PATHS).stdout
    told = shell.good("debug", "config", "config.cfg", *PATHS, "--show-functions", "--show-variables").stdout
    assert '${paths.train}  "./train.spacy"' in told
    assert "components.tagger.model: @architectures spacy.Tagger.v2, engine.models.tagger" in told


@row("E14")
def test_debug_model_shows_layers(shell: Shell) -> None:
    """Layers before and after weights are drawn, with dimensions and parameters where asked for."""
    shell.write("config.cfg", partial_config("tok2vec", "tagger"))
    told = shell.good("debug", "model", "config.cfg", "tagger", "-P0", "-P1", "-DIM", "-PAR", *PATHS).stdout
    assert "before weights are drawn" in told
    assert " - param W: unset" in told
    assert " - dim nI: 16" in told
    assert shell("debug", "model", "config.cfg", "parser", *PATHS).exit_code == 1


@row("E15")
def test_debug_diff_config_shows_what_differs(shell: Shell) -> None:
    """From the defaults, or from another config."""
    shell.good("init", "config", "config.cfg", "-p", "ner")
    assert "no difference" in shell.good("debug", "diff-config", "config.cfg").output
    shell.write("other.cfg", shell.read("config.cfg").replace("max_steps = 20000", "max_steps = 5"))
    told = shell.good("debug", "diff-config", "other.cfg", "--compare-to", "config.cfg").stdout
    assert "-max_steps = 20000\n+max_steps = 5" in told


@row("E16", "E17", "E18", "E23", "E34", "E29", "E30", "F24")
def test_a_partial_config_trains_and_its_best_pipeline_is_evaluated(shell: Shell) -> None:
    """train fills defaults, shows a row an evaluation and writes model-best and model-last; evaluate writes
    scores and pages."""
    shell.write("config.cfg", partial_config("tok2vec", "tagger", "ner"))
    trained = shell.good(
        *("train", "config.cfg", "--output", "./output", *PATHS, "--verbose", "--gpu-id", "-1", *SHORT)
    )
    head = trained.stdout.splitlines()[0].split()
    assert head[:6] == ["E", "#", "LOSS", "TOK2VEC", "LOSS", "TAGGER"]
    assert {"TAG_ACC", "ENTS_F", "ENTS_P", "ENTS_R", "SCORE"} <= set(head)
    assert engine.load("output/model-best").names == engine.load("output/model-last").names
    assert engine.load("output").names == ["tok2vec", "tagger", "ner"]
    shell.good("evaluate", "./output/model-best", "./dev.spacy", "--output", "metrics.json", "--gpu-id", "-1")
    assert {"tag_acc", "ents_f", "speed"} <= set(json.loads(shell.read("metrics.json")))
    words = ("--output", "by.json", "--displacy-path", "pages", "--gold-preproc", "--per-component")
    shell.good("evaluate", "./output/model-best", "./dev.spacy", *words, "--spans-key", "sc")
    assert set(json.loads(shell.read("by.json"))) == {"tokenizer", "tok2vec", "tagger", "ner", "speed"}
    assert (shell.folder / "pages" / "entities.html").is_file()


@pytest.mark.nightly
@row("E20", "E21", "E22")
def test_a_config_may_come_from_standard_input_and_overrides_from_the_environment(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """init config - | train -; SPACY_CONFIG_OVERRIDES holds what could be typed, which goes before it."""
    config = shell.good("init", "config", "-", "--lang", "en", "--pipeline", "tagger").stdout
    monkeypatch.setenv("SPACY_CONFIG_OVERRIDES", "--training.max_epochs 3 --training.seed 7")
    shell.good("train", "-", "-o", "out", *PATHS, "--training.seed", "2", input=config)
    saved = engine.read_config("out/model-best/config.cfg")["training"]
    assert (saved["max_epochs"], saved["seed"]) == (3, 2)


@row("E33")
def test_training_from_python(shell: Shell) -> None:
    """`from engine.cli.train import train`, as in the documentation."""
    from engine.cli.train import train

    shell.write("config.cfg", partial_config("tok2vec", "tagger"))
    paths = {"paths.train": "./train.spacy", "paths.dev": "./dev.spacy", "training.max_steps": 2}
    train("./config.cfg", output_path="out", overrides=paths)
    assert engine.load("out/model-last").names == ["tok2vec", "tagger"]


@row("E35")
def test_the_package_is_a_command() -> None:
    """`python -m engine info`."""
    done = subprocess.run(
        [sys.executable, "-m", "engine", "info"], capture_output=True, text=True, check=False, env=os.environ
    )
    assert "Freshet version" in done.stdout


@row("E24")
def test_convert_writes_a_docbin_into_a_folder(shell: Shell) -> None:
    """FILE.conllu and OUTDIR make OUTDIR/FILE.spacy; a multiword token has the text of its range; a lemma `_`
    is unset."""
    shell.write("train.conllu", CONLLU)
    shell.good("convert", "train.conllu", "./corpus")
    (doc,) = read("corpus/train.spacy")
    assert doc.text == "Il va au parc"
    assert (doc.tags, doc.lemmas) == (["PR", "V", "P_D", "N"], ["il", "aller", "à le", ""])
    assert [(span.text, span.label) for span in doc.ents] == [("parc", "LOC")]


@row("E25")
def test_convert_keeps_tags_and_documents_of_conll_2003(shell: Shell) -> None:
    """Tags of the columns are kept; -DOCSTART- begins a document and is none."""
    shell.write("train.gold.conll", CONLL)
    shell.good("convert", "./train.gold.conll", "./corpus", "-c", "ner")
    first, second = read("corpus/train.gold.spacy")
    assert first.tags == ["NNP", "VBZ", "JJ", "NN", "NNP", "NNP"]
    assert [(e.text, e.label) for e in first.ents] == [
        ("EU", "ORG"),
        ("German", "MISC"),
        ("Peter Blackburn", "PER"),
    ]
    assert [doc.text for doc in (first, second)] == ["EU rejects German call Peter Blackburn", "BRUSSELS"]


@row("E26")
def test_convert_reads_words_with_bars(shell: Shell) -> None:
    """word|TAG or word|POS|TAG; IOB tags become whole entities; -n groups sentences, -nm renames."""
    shell.write("train.iob", IOB)
    shell.write("map.json", '{"GPE": "LOC"}')
    shell.good("convert", "train.iob", "corpus", "-c", "iob", "-n", "10", "-nm", "map.json")
    (doc,) = read("corpus/train.spacy")
    ents = [(e.text, e.label) for e in doc.ents]
    assert ents == [("London", "LOC"), ("New York City", "LOC"), ("Peter", "PER")]


@row("E27")
def test_convert_reads_and_writes_the_json_of_version_2(shell: Shell) -> None:
    """Texts, tags, trees, entities and categories; --file-type json writes it again."""
    shell.write("train.json", json.dumps(V2))
    shell.good("convert", "train.json", "corpus")
    (doc,) = read("corpus/train.spacy")
    assert (doc.text, doc.cats, list(doc.heads)[:4]) == ("I like London. Really.", {"A": 1.0}, [1, 1, 1, 1])
    shell.good("convert", "train.json", "again", "--file-type", "json")
    shell.good("convert", "again/train.json", "once")
    assert [d.to_json() for d in read("once/train.spacy")] == [doc.to_json()]


def test_convert_takes_folders_and_joins_them(shell: Shell) -> None:
    """A file for each file of a folder, or with -C one for all."""
    (shell.folder / "in" / "deep").mkdir(parents=True)
    shell.write("in/a.iob", IOB)
    shell.write("in/deep/b.iob", IOB)
    shell.good("convert", "in", "corpus", "-c", "iob")
    assert [len(list(read(f"corpus/{name}"))) for name in ("a.spacy", "deep/b.spacy")] == [2, 2]
    shell.good("convert", "in", "joined", "-C")
    assert len(list(read("joined/in.spacy"))) == 4


@row("E28")
def test_prodigy_tasks_of_every_interface_are_training_data(shell: Shell) -> None:
    """Spans, choices, labels, several of them on a page, parts of speech; what says nothing is left out."""
    tasks = [
        {"text": "foo bar", "_view_id": "ner_manual", "spans": [{"start": 0, "end": 3, "label": "A"}]},
        {"text": "foo bar", "_view_id": "choice", "options": [{"id": "X"}, {"id": "Y"}], "accept": ["X"]},
        {"text": "foo bar", "_view_id": "classification", "label": "Z", "answer": "reject"},
        {
            "text": "foo bar",
            "_view_id": "blocks",
            "spans": [{"start": 0, "end": 3, "label": "A"}],
            "options": [{"id": "X"}],
            "accept": ["X"],
        },
        {"text": "foo bar", "_view_id": "pos_manual", "spans": [{"start": 0, "end": 3, "label": "NOUN"}]},
        {
            "text": "foo bar",
            "_view_id": "spans_manual",
            "spans": [{"start": 0, "end": 3, "label": "A"}, {"start": 0, "end": 7, "label": "B"}],
        },
        {"text": "foo bar", "_view_id": "text_input", "user_input": "x"},
        {"text": "foo bar", "_view_id": "ner", "spans": [], "answer": "ignore"},
    ]
    lines = (json.dumps({"answer": "accept"} | task) for task in tasks)
    shell.write("tasks.jsonl", "\n".join(lines))
    shell.good("convert", "tasks.jsonl", "tasks.spacy")
    docs = list(read("tasks.spacy"))
    assert [[e.text for e in doc.ents] for doc in docs] == [["foo"], [], [], ["foo"], [], []]
    assert [doc.cats for doc in docs[1:4]] == [{"X": 1.0, "Y": 0.0}, {"Z": 0.0}, {"X": 1.0}]
    assert docs[4].pos_tags[0] == "NOUN"
    assert [span.label for span in docs[5].spans["sc"]] == ["A", "B"]


@pytest.mark.nightly
@row("E31.01", "M15", "N08", "G03")
def test_a_package_installs_and_loads_by_its_name(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """package --code: a wheel and a source archive with safetensors and code; once installed it loads by name
    and is a source of components."""
    shell.write("functions.py", "import engine\nengine.registry.misc('doc_test.v1')(lambda: 1)\n")
    shell.write("config.cfg", partial_config("tok2vec", "tagger"))
    shell.good("train", "config.cfg", "-o", "out", *PATHS, *SHORT)
    shell.good("package", "./out/model-best", "./packages", "--code", "functions.py", "--name", "doc_test")
    dist = shell.folder / "packages" / "en_doc_test-0.0.0" / "dist"
    assert sorted(file.suffix for file in dist.iterdir()) == [".gz", ".whl"]
    site = shell.folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(site)]
    subprocess.run([*pip, str(next(dist.glob("*.whl")))], check=True)
    monkeypatch.syspath_prepend(str(site))
    assert engine.load("en_doc_test").names == ["tok2vec", "tagger"]
    assert engine.registry.has("misc", "doc_test.v1")
    assert list(site.rglob("*.safetensors"))
    assert "en_doc_test" in shell.good("info").stdout
    assert "tagger" in shell.good("info", "en_doc_test", "--markdown").stdout
    assert "en_doc_test  0.0.0" in " ".join(shell.good("validate").stdout.split("\n")).replace("   ", "  ")
    source = '\n[components.tagger]\nsource = "en_doc_test"\n\n[components.tok2vec]\nsource = "en_doc_test"\n'
    shell.write("next.cfg", partial_config().replace("[]", '["tok2vec", "tagger"]') + source)
    shell.good("train", "next.cfg", "-o", "next", *PATHS, *SHORT)


@row("E31.02")
def test_assemble_makes_a_pipeline_without_training(shell: Shell) -> None:
    """Rules and sourced components, written to a folder."""
    shell.write("patterns.jsonl", '{"label": "PER", "pattern": "Ada"}\n')
    patterns = (
        "\n[initialize.components.entity_ruler]\n\n[initialize.components.entity_ruler.patterns]\n"
        '@readers = "srsly.read_jsonl.v1"\npath = "patterns.jsonl"\n'
    )
    more = f"\n[initialize]\n\n[initialize.components]\n{patterns}"
    shell.write("config.cfg", partial_config("sentencizer", "entity_ruler", more=more))
    shell.good("assemble", "config.cfg", "./output")
    assert [e.text for e in engine.load("output")("Ada sleeps.").ents] == ["Ada"]


@row("E31.03")
def test_find_threshold_tries_thresholds(shell: Shell) -> None:
    """The score of each of n trials, and the best threshold."""
    model = Path(__file__).parents[1] / "engine" / "spacy_files" / "golden" / "cats"
    name = next(n for n in engine.load(model).names if n.startswith("textcat"))
    words = ("find-threshold", model, "dev.spacy", name)
    told = shell.good(*words, "threshold", "token_acc", "-n", "3", "--json")
    assert list(json.loads(told.stdout)["scores"]) == ["0.0", "0.5", "1.0"]
    assert shell("find-threshold", model, "dev.spacy", name, "nothing", "token_acc").exit_code == 1


@row("E31.04", "I01")
def test_init_labels_writes_label_files(shell: Shell) -> None:
    """A JSON file for each component with labels, which a later training reads."""
    shell.write("config.cfg", partial_config("tok2vec", "tagger", "ner"))
    shell.good("init", "labels", "config.cfg", "./corpus", *PATHS)
    assert sorted(file.name for file in (shell.folder / "corpus").iterdir()) == ["ner.json", "tagger.json"]
    labels = "".join(
        f"\n[initialize.components.{name}]\n\n[initialize.components.{name}.labels]\n"
        f'@readers = "spacy.read_labels.v1"\npath = "corpus/{name}.json"\nrequire = true\n'
        for name in ("tagger", "ner")
    )
    more = f"\n[initialize]\n\n[initialize.components]\n{labels}"
    shell.write("again.cfg", partial_config("tok2vec", "tagger", "ner", more=more))
    shell.good("init", "nlp", "again.cfg", "nlp", *PATHS)
    assert set(engine.load("nlp").labels) == {"tagger", "ner"}


@row("E31.05")
def test_init_nlp_writes_the_pipeline_before_training(shell: Shell) -> None:
    """Labels are found, weights drawn."""
    shell.write("config.cfg", partial_config("tok2vec", "tagger"))
    shell.good("init", "nlp", "config.cfg", "./nlp", *PATHS)
    assert "NNP" in engine.load("nlp").labels["tagger"]


@row("E31.06", "E31.07", "E31.09")
def test_info_validate_and_find_function_say_what_there_is(shell: Shell) -> None:
    """Versions and places; where a registered function stands; whether installed pipelines load."""
    assert "Python version" in shell.good("info").stdout
    assert "**Freshet version:**" in shell.good("info", "--markdown").stdout
    assert "starter" in shell.good("info", "en_starter").stdout
    assert "installed package" in shell("info", "no_such").stderr
    assert "models/tok2vec.py:" in shell.good("find-function", "spacy.Tok2Vec.v2").stdout
    assert "architectures" in shell.good("find-function", "spacy.Tok2Vec.v2", "-r", "architectures").stdout
    assert shell("validate").exit_code in (0, 1)
    assert shell("find-function", "no.Such.v1").exit_code != 0


@row("E31.08", "E31.10")
def test_profile_and_benchmark_measure_a_pipeline(shell: Shell) -> None:
    """debug profile lists functions by their time; benchmark speed and accuracy measure on data."""
    engine.blank("en").to_disk("blank")
    shell.write("texts.jsonl", '{"text": "Ada sleeps."}\n')
    assert "tottime" in shell.good("debug", "profile", "blank", "texts.jsonl", "-n", "5").stdout
    assert "words/s" in shell.good("benchmark", "speed", "blank", "dev.spacy", "--batches", "30").stdout
    assert "token_acc" in shell.good("benchmark", "accuracy", "blank", "dev.spacy").stdout


def test_project_says_what_runs_project_files(shell: Shell) -> None:
    """It is left out, and ends with 2 and a way to go on."""
    told = shell("project", "clone", "pipelines/tagger_parser_ud")
    assert told.exit_code == 2
    assert "weasel" in told.stderr


def test_apply_takes_folders_and_other_fields(shell: Shell) -> None:
    """--text-key names the field; a folder's files are traversed; an existing .spacy needs --force."""
    engine.blank("en").to_disk("blank")
    (shell.folder / "in").mkdir()
    shell.write("in/a.jsonl", '{"body": "Ada sleeps."}\n')
    shell.write("in/b.txt", "Rain fell.\nOn Kigali.")
    words = ("apply", "blank", "in", "out.spacy", "--text-key", "body", "-b", "2", "-n", "1")
    shell.good(*words)
    assert [doc.text for doc in read("out.spacy")] == ["Ada sleeps.", "Rain fell.\nOn Kigali."]
    assert shell(*words).exit_code == 2
    shell.good(*words, "--force")


def read(path: str) -> list[engine.Doc]:
    """The documents of a DocBin."""
    return list(read_docbin(Path(path), engine.blank("en").tokenizer.lexemes))
