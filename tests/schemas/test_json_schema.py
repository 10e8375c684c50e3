# SPDX-License-Identifier: Apache-2.0
"""JSON Schema files: in step with the code, and true of the bytes."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import jsonschema
import orjson
import pytest

from schemas import Confidence, Correction, LabelledSpan, ModelRef, Source, TextMessage
from schemas.annotation import TOKEN_COLUMNS
from schemas.json_schema import export, json_schemas
from schemas.layout import LAYOUT

ROOT = Path(__file__).parents[2]


def test_the_files_in_docs_are_those_of_the_code(tmp_path: Path) -> None:
    """`python -m schemas.json_schema docs/schemas` would change nothing."""
    exported = {path.name: path.read_bytes() for path in export(tmp_path)}
    assert {path.name: path.read_bytes() for path in (ROOT / "docs/schemas").glob("*.json")} == exported


@pytest.mark.parametrize("name", sorted(json_schemas()))
def test_golden_messages_fit_their_schema(name: str) -> None:
    """Every golden message of a version is valid under the schema of that version, and without a needed field
    it is not."""
    schema = json_schemas()[name]
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    for path in (ROOT / "tests/schemas/golden").glob(f"{name}*.json"):
        message = orjson.loads(path.read_bytes())
        validator.validate(message)
        assert not validator.is_valid(
            {key: value for key, value in message.items() if key != schema["required"][0]}
        )


def test_a_schema_has_the_fields_that_are_written() -> None:
    """The properties are the fields of the message classes, those of an annotation in their order."""
    schemas = json_schemas()
    assert list(schemas["text-1"]["properties"]) == names_of(TextMessage)
    assert set(schemas["correction-1"]["properties"]) == {*names_of(Correction), "revision"}
    annotation = schemas["annotation-1"]["properties"]
    assert list(annotation) == list(LAYOUT.names)
    assert list(annotation["tokens"]["properties"]) == list(TOKEN_COLUMNS)
    assert list(annotation["ents"]["items"]["properties"]) == names_of(LabelledSpan)
    assert list(annotation["confidence"]["properties"]) == names_of(Confidence)
    assert list(annotation["model"]["properties"]) == names_of(ModelRef)
    assert list(annotation["source"]["properties"]) == names_of(Source)


def names_of(message: type) -> list[str]:
    """The names of a message's fields."""
    return [field.name for field in fields(message)]
