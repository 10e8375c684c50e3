# SPDX-License-Identifier: Apache-2.0
"""Look-up tables from files that the config names."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from ..config.registry import registry
from ..errors import EngineError
from ..safe_files import MAX_VALUES, check_depth, named_path, read_file
from ..vocab.lookups import Lookups, lookups_of
from .msgpack import unpack

PLAIN, ZIPPED = ".json", ".json.gz"

LOOKUPS_GROUP = "spacy_lookups"
"""Entry points of packages with look-up tables: by language a map from a table's name to its file."""

Tables = dict[str, dict[Any, Any]]


@registry.misc("freshet.Lookups.v1")
def read_lookups(path: str, tables: list[str] | None = None) -> Tables:
    """Look-up tables from a file `lookups.bin`, or from the files `NAME.json` and `NAME.json.gz` of a folder.

    In a folder, a name may begin with a language (`en_lemma_exc.json` is the table `lemma_exc`). `tables`
    says which are wanted (null: all). Raises: EngineError, which names the file, where one is missing or is
    no table.
    """
    place = named_path(path)
    known = dict(_tables_of_file(place) if place.is_file() else _tables_of_folder(place, tables))
    missing = [name for name in tables or () if name not in known]
    if missing or not known:
        there = ", ".join(known) or "none"
        raise EngineError(
            f"{path}: expected the look-up table {(missing or ['at least one'])[0]}; there are: {there}"
        )
    return {name: known[name] for name in tables or known}


@registry.misc("freshet.LookupsDataLoader.v1")
def load_packaged_lookups(lang: str, tables: list[str]) -> Lookups:
    """Look-up tables of a language from an installed package, such as spacy-lookups-data, that offers them by
    the entry point `spacy_lookups`.

    Raises: EngineError where none is installed, or has no such table; it says what to type.
    """
    if not tables:
        return Lookups()
    offers = list(entry_points(group=LOOKUPS_GROUP, name=lang))
    known: dict[str, str | Path] = offers[0].load() if offers else {}
    missing = [name for name in tables if name not in known]
    if missing:
        there = ", ".join(known) or "none"
        raise EngineError(
            f"expected the look-up table {missing[0]!r} of the language {lang!r} in an installed package; "
            f"there are: {there}. Type: pip install spacy-lookups-data"
        )
    return lookups_of({name: _table(Path(known[name])) for name in tables})


def _tables_of_file(file: Path) -> Iterable[tuple[str, dict[Any, Any]]]:
    try:
        return [(str(name), dict(table)) for name, table in unpack(read_file(file, MAX_VALUES), file).items()]
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise EngineError(
            f"{file}: expected look-up tables, got {type(error).__name__}: {error}; fetch the file again"
        ) from None


def _tables_of_folder(folder: Path, wanted: list[str] | None) -> Iterable[tuple[str, dict[Any, Any]]]:
    for file in sorted(folder.glob("*.json*")):
        stem = file.name.partition(".")[0]
        names = (stem, stem.partition("_")[2])
        name = stem if wanted is None else next((name for name in names if name in wanted), None)
        if name is not None and file.name.endswith((PLAIN, ZIPPED)):
            yield name, _table(file)


def _table(file: Path) -> dict[Any, Any]:
    try:
        data = read_file(file, MAX_VALUES)
        if file.name.endswith(ZIPPED):
            with gzip.open(io.BytesIO(data)) as stream:
                data = stream.read(MAX_VALUES)
        table: dict[Any, Any] = dict(check_depth(json.loads(data), file))
        return table
    except (OSError, EOFError, zlib.error, ValueError, TypeError, RecursionError) as error:
        raise EngineError(
            f"{file}: expected a look-up table as JSON, got {type(error).__name__}: {error}; fetch the "
            "file again"
        ) from None
