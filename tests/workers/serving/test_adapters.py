# SPDX-License-Identifier: Apache-2.0
"""Many tenants on one encoder: a record's header chooses the adapter that reads its text."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from typer.testing import CliRunner

import engine
from engine.components.shared_encoders import sharing_encoders
from engine.extras import TRANSFORMERS
from schemas import decode_annotation, decode_text, header_value, parse_dead_letter
from tests.engine.tiny_encoder import encoder_config, tagger_block, transformer_block, write_encoder
from tests.engine.toy import toy_examples
from workers.cli.adapters import app as adapters_app
from workers.errors import SettingsError
from workers.model_registry import open_registry
from workers.serving.adapter_places import AdapterPlaces
from workers.serving.adapters import AdapterShelf, require_fitting, served_adapter
from workers.serving.model import untimed
from workers.serving.outputs import annotate_records
from workers.serving.piece_budget import PieceBudget
from workers.serving.pipeline_model import model_of_folder
from workers.settings import TenantSettings, UnknownAdapter, WorkerSettings
from workers.transports.base import Record

pytestmark = pytest.mark.skipif(not TRANSFORMERS.is_installed, reason="needs freshet[transformers]")

HEADER = "tenant"
TEXT = "Ada met Grace in Oslo."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny pipeline, `base`, and `adapters` with two of them, in a folder."""
    root = tmp_path_factory.mktemp("tenants")
    encoder = write_encoder(root / "encoder")
    blocks = {"transformer": transformer_block(encoder, max_batch_items=64), "tagger": tagger_block()}
    nlp = engine.from_config(engine.fill_config(encoder_config(encoder, **blocks)))
    nlp.initialize(lambda: toy_examples(nlp))
    nlp.to_disk(root / "base")
    transformer = nlp.get_pipe("transformer")
    for seed, name in enumerate(("court", "shop")):
        transformer.add_adapter(rank=2 + seed, seed=seed)
        adapter = transformer.adapter
        rng = np.random.default_rng(seed)
        for _, b in adapter.weights.values():
            b += rng.normal(size=b.shape).astype(np.float32)
        adapter.to_disk(root / "adapters" / name)
        transformer.drop_adapter()
    return root


def settings(folder: Path, **more: Any) -> WorkerSettings:
    """A worker's, which lets records choose."""
    return WorkerSettings(tenants=TenantSettings(HEADER, str(folder / "adapters"), **more))


def record(number: int, tenant: str | None, text: str = TEXT) -> Record:
    """A text of a tenant."""
    headers = () if tenant is None else ((HEADER, tenant.encode()),)
    return Record("texts", 0, number, 0, None, orjson.dumps({"text": text}), headers)


def shelf_of(given: WorkerSettings) -> AdapterShelf:
    """What is on the shelf of a worker with these settings."""
    shelf = AdapterShelf(given)
    AdapterPlaces(given, shelf).look()
    return shelf


def test_texts_of_several_tenants_share_a_batch(folder: Path) -> None:
    """Each is annotated as by a pipeline that has its adapter alone; the annotation and a header name it."""
    given = settings(folder)
    model = model_of_folder(engine.load(folder / "base"), given, folder / "base", shelf_of(given))
    seen: list[Any] = []
    predict = model._pipeline.predict_batch
    model._pipeline.predict_batch = lambda batch: seen.append(batch) or predict(batch)
    tenants = ["shop", None, "court", "shop"]
    outputs = annotate_records([record(i, tenant) for i, tenant in enumerate(tenants)], model, given)
    assert len(seen) == 1
    rows = np.split(seen[0].pieces["transformer"].rows, 4)
    for tenant, own, sent in zip(tenants, rows, outputs.outgoing, strict=True):
        alone = engine.load(folder / "base")
        if tenant is not None:
            encoder = alone.get_pipe("transformer")
            files = {path.name: path.read_bytes() for path in (folder / "adapters" / tenant).iterdir()}
            encoder.take_adapter(encoder.read_adapter(files))
        assert np.allclose(alone.predict([TEXT]).pieces["transformer"].rows, own, atol=1e-5)
        said = decode_annotation(sent.value).adapter
        assert (None if said is None else said.name) == tenant
        assert header_value(sent.headers, "adapter") == (None if tenant is None else tenant.encode())
    assert not np.allclose(rows[0], rows[2], atol=1e-3)


def test_an_unknown_adapter_is_a_dead_letter_that_says_so(folder: Path) -> None:
    """Its neighbours are annotated; where a setting says so, the pipeline alone reads the text."""
    for unknown in UnknownAdapter:
        given = settings(folder, unknown=unknown)
        model = model_of_folder(engine.load(folder / "base"), given, folder / "base", shelf_of(given))
        outputs = annotate_records([record(0, "shop"), record(1, "nobody")], model, given)
        if unknown is UnknownAdapter.BASE:
            assert outputs.dead == {}
            assert decode_annotation(outputs.outgoing[1].value).adapter is None
            continue
        assert list(outputs.dead) == [1]
        assert outputs.failed == frozenset()
        letter = parse_dead_letter(outputs.outgoing[1].headers)
        assert letter.stage == "adapter"
        assert "'nobody', which nobody knows; there are: court, shop" in letter.message


def test_an_adapter_of_another_pipeline_is_refused(folder: Path) -> None:
    """At the start where a setting names it; later its texts are dead letters that say why."""
    given = settings(folder)
    shelf = shelf_of(given)
    nlp = engine.load(folder / "base")
    files = {path.name: path.read_bytes() for path in (folder / "adapters" / "shop").iterdir()}
    shelf.put(served_adapter("other", files, "3", {"tagger/weights.safetensors": "0" * 64}))
    model = model_of_folder(nlp, given, folder / "base", shelf)
    outputs = annotate_records([record(0, "other")], model, given)
    assert "learned beside another tagger" in parse_dead_letter(outputs.outgoing[0].headers).message
    assert model.adapters is not None
    with pytest.raises(SettingsError, match="heads = false"):
        require_fitting(model.adapters)
    with pytest.raises(SettingsError, match="a pipeline with an encoder"):
        shelf.fit([], {})
    with pytest.raises(SettingsError, match="expected both key"):
        TenantSettings(HEADER)


def test_a_new_adapter_takes_the_place_of_its_name(folder: Path) -> None:
    """From the next batch on; a batch that began with the one before ends with it."""
    given = settings(folder)
    shelf = shelf_of(given)
    model = model_of_folder(engine.load(folder / "base"), given, folder / "base", shelf)
    before = decode_annotation(annotate_records([record(0, "shop")], model, given).outgoing[0].value)
    files = {path.name: path.read_bytes() for path in (folder / "adapters" / "court").iterdir()}
    shelf.put(served_adapter("shop", files, "7"))
    after = decode_annotation(annotate_records([record(0, "shop")], model, given).outgoing[0].value)
    assert before.adapter != after.adapter
    assert after.adapter is not None
    assert after.adapter.version == "7"
    shelf.drop("shop")
    assert list(annotate_records([record(0, "shop")], model, given).dead) == [0]


def test_versions_share_an_encoder(folder: Path) -> None:
    """Where only the adapter is another, no second encoder is made; where the encoder is, one is."""
    with sharing_encoders():
        first, second = engine.load(folder / "base"), engine.load(folder / "base")
    encoders = [nlp.get_pipe("transformer").part.encoder.module for nlp in (first, second)]
    assert encoders[0] is encoders[1]
    assert first.predict([TEXT]).pieces["transformer"].rows.tobytes() == (
        second.predict([TEXT]).pieces["transformer"].rows.tobytes()
    )
    assert engine.load(folder / "base").get_pipe("transformer").part.encoder.module is not encoders[0]


def test_texts_are_read_within_the_budget_of_pieces(folder: Path) -> None:
    """Texts that have many pieces for their length do not come together in one batch; annotations are in the
    order of the records."""
    nlp = engine.load(folder / "base")
    texts = ["x y z. " * 8, "Ada met Grace.", "a b c d e f g h i j k l m n " * 6, "Rain fell."]
    batch = nlp.tokenizer.tokenize(texts)
    counts = nlp.get_pipe("transformer").count_pieces(batch)
    parts = PieceBudget.of(nlp).parts(batch)
    assert [counts[part].sum() <= 64 or part.stop - part.start == 1 for part in parts] == [True] * len(parts)
    assert len(parts) > 1
    given = WorkerSettings()
    model = model_of_folder(nlp, given, folder / "base")
    outputs = annotate_records([record(i, None, text) for i, text in enumerate(texts)], model, given)
    assert [decode_annotation(one.value).text for one in outputs.outgoing] == texts
    assert PieceBudget.of(engine.blank("en")).parts(batch) == [slice(0, 4)]


def test_adapters_come_out_and_go_in_by_commands(folder: Path, tmp_path: Path) -> None:
    """Import, export, merge: PEFT's files are the same, and a merged pipeline says what it said."""

    def run(*words: object) -> None:
        result = CliRunner().invoke(adapters_app, [str(word) for word in words], catch_exceptions=False)
        assert result.exit_code == 0, result.output

    shop = folder / "adapters" / "shop"
    run("import", folder / "base", shop, tmp_path / "with")
    run("export", tmp_path / "with", tmp_path / "out")
    run("merge", tmp_path / "with", tmp_path / "merged")
    assert (tmp_path / "out" / "adapter_model.safetensors").read_bytes() == (
        shop / "adapter_model.safetensors"
    ).read_bytes()
    adapted, merged = (engine.load(tmp_path / name) for name in ("with", "merged"))
    rows = [nlp.predict([TEXT]).pieces["transformer"].rows for nlp in (adapted, merged)]
    assert np.allclose(*rows, atol=1e-4)
    assert merged.get_pipe("transformer").adapter is None


def test_adapters_come_from_folders_and_from_lines_of_versions(folder: Path, tmp_path: Path) -> None:
    """Of a line its champion's; what is new or gone counts at the next look; one that was learned beside
    other heads is refused."""
    base = engine.load(folder / "base")
    shutil.copytree(folder / "adapters", tmp_path / "adapters")
    address = f"embedded:{tmp_path / 'registry'}"
    tenants = TenantSettings(HEADER, f"{tmp_path / 'adapters'}, line=registry:line")
    given = WorkerSettings(tenants=tenants, registry=address)
    with open_registry(address, "line") as registry:
        for number, seed in enumerate((1, 2), 1):
            nlp = engine.load(folder / "base")
            nlp.get_pipe("transformer").add_adapter(rank=2, seed=seed)
            if number == 2:
                for node in nlp.get_pipe("tagger").model.walk():
                    for name in node.param_names:
                        node.set_param(name, node.get_param(name) + 1)
                nlp.weights_changed()
            nlp.to_disk(tmp_path / f"v{number}")
            put = registry.put(tmp_path / f"v{number}", actor="test")
            assert put.number == number
        shelf = AdapterShelf(given)
        places = AdapterPlaces(given, shelf)
        places.look()
        assert shelf.names == ["court", "shop"]
        registry.promote(1, actor="test", reason="test", force=True, expected_epoch=registry.head().epoch)
        shutil.rmtree(tmp_path / "adapters" / "court")
        places.look()
        assert shelf.names == ["line", "shop"]
        model = model_of_folder(base, given, folder / "base", shelf)
        said = decode_annotation(annotate_records([record(0, "line")], model, given).outgoing[0].value)
        assert said.adapter is not None
        assert (said.adapter.name, said.adapter.version) == ("line", "1")
        registry.promote(2, actor="test", reason="test", force=True, expected_epoch=registry.head().epoch)
        places.look()
        outputs = annotate_records([record(0, "line")], model, given)
        assert (
            "learned beside another tagger/weights" in parse_dead_letter(outputs.outgoing[0].headers).message
        )
        with pytest.raises(SettingsError, match="expected registry:MODEL or a folder"):
            AdapterPlaces(replace(given, tenants=TenantSettings(HEADER, "x=nowhere")), shelf)


def test_a_batch_ends_with_the_adapters_that_it_began_with(folder: Path) -> None:
    """However often they are replaced meanwhile; their weights go once nobody is read with them any more."""
    given = settings(folder)
    shelf = shelf_of(given)
    nlp = engine.load(folder / "base")
    model = model_of_folder(nlp, given, folder / "base", shelf)
    encoder = nlp.get_pipe("transformer")
    assert model.adapters is not None
    chosen = model.adapters.chosen(record(0, "shop").headers)
    assert chosen is not None
    key = chosen.key
    files = {path.name: path.read_bytes() for path in (folder / "adapters" / "court").iterdir()}
    for number in range(3):
        shelf.put(served_adapter("shop", {**files, "note": bytes([number])}))
    shelf.drop("court")
    assert key in encoder.adapters.names
    message, source = decode_text(record(0, "shop").value, default_id="1"), record(0, "shop").source
    (annotated,) = model.annotate_adapted([message], [source], untimed, [chosen])
    assert isinstance(annotated, bytes)
    assert decode_annotation(annotated).adapter == chosen.ref
    del chosen
    shelf.drop("shop")
    assert encoder.adapters.names == []


def test_what_cannot_be_read_leaves_the_others_as_they_are(folder: Path, tmp_path: Path) -> None:
    """It stays as it was, what comes behind it is served, what is gone is dropped; the error comes last."""
    for name in ("a", "b", "c"):
        shutil.copytree(folder / "adapters" / "shop", tmp_path / "some" / name)
    shutil.copytree(folder / "adapters" / "court", tmp_path / "own")
    line = tmp_path / "some"
    given = WorkerSettings(tenants=TenantSettings(HEADER, f"{line}, own={tmp_path / 'own'}"))
    shelf = AdapterShelf(given)
    places = AdapterPlaces(given, shelf)
    places.look()
    assert shelf.names == ["a", "b", "c", "own"]
    weights = line / "a" / "adapter_model.safetensors"
    weights.unlink()
    weights.mkdir()
    shutil.rmtree(line / "b")
    shutil.rmtree(tmp_path / "own")
    shutil.copytree(folder / "adapters" / "court", line / "d")
    with pytest.raises(IsADirectoryError):
        places.look()
    assert shelf.names == ["a", "c", "d"]
    shutil.rmtree(line)
    shutil.copytree(folder / "adapters" / "court", tmp_path / "own")
    with pytest.raises(FileNotFoundError):
        places.look()
    assert shelf.names == ["a", "c", "d", "own"]


def test_of_two_adapters_of_one_name_the_first_counts(folder: Path, tmp_path: Path) -> None:
    """It stays that at every look."""
    shop, adapters = folder / "adapters" / "shop", folder / "adapters"
    given = WorkerSettings(tenants=TenantSettings(HEADER, f"court={shop}, {adapters}"))
    shelf = AdapterShelf(given)
    places = AdapterPlaces(given, shelf)
    headers = record(0, "court").headers
    places.look()
    first = shelf.chosen(headers)
    places.look()
    assert first is not None
    assert shelf.chosen(headers) is first
    files = {path.name: path.read_bytes() for path in shop.iterdir()}
    assert first.ref == served_adapter("court", files).ref
