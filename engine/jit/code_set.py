# SPDX-License-Identifier: Apache-2.0
"""A set of machine code as a file: every function that real work calls, compiled for one CPU level.

    8 bytes      length of the header, little-endian
    header       JSON: what it was made from (`CodeOrigin`), and by its key each function's names, types
                 and where its code lies
    the rest     object code and bitcode, end to end

The file is mapped, not read: workers on one machine share its pages, and bitcode that nobody asks for is only
passed over once, for the digest. `digests.json` beside the sets has the sha256 of each; nothing in a set is
looked at before that agrees.
"""

from __future__ import annotations

import json
import mmap
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm
import numba

DIGESTS = "digests.json"
FORM = "freshet-machine-code/1"

_ENGINE_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class CodeOrigin:
    """What machine code depends on: it is used where all of this is the same."""

    level: str
    python: str
    numba: str
    llvmlite: str
    triple: str
    sources: str
    form: str = FORM

    @classmethod
    def here(cls, level: str) -> CodeOrigin:
        """That of code which this process would compile for a level."""
        compiler = numba.__version__, llvmlite.__version__, llvm.get_process_triple()
        return cls(level, python_tag(), *compiler, digest_sources())

    def differences(self, other: CodeOrigin) -> list[str]:
        """What is not the same, as words for a log line."""
        mine, theirs = asdict(self), asdict(other)
        return [
            "other sources" if name == "sources" else f"{name} {mine[name]}, not {theirs[name]}"
            for name in mine
            if mine[name] != theirs[name]
        ]


@dataclass(frozen=True, slots=True)
class FunctionCode:
    """A function compiled for one signature: names, types as JSON (`written_types`), code."""

    module: str
    name: str
    arguments: list[Any]
    returns: Any
    argument_names: list[str]
    library: str
    uid: int
    abi_tags: list[str]
    mangled_name: str
    environments: list[list[Any]]
    """Module, constants as JSON, name; its own first."""
    noalias: bool
    machine_code: bytes | memoryview
    bitcode: bytes | memoryview


_PARTS = ("machine_code", "bitcode")
"""What of a function stands behind the header, as a start and a length."""


class CodeSet:
    """The functions of a file, found by name and argument types."""

    def __init__(self, origin: CodeOrigin, rows: dict[str, dict[str, Any]], content: memoryview) -> None:
        self.origin = origin
        self._rows = rows
        self._content = content

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[tuple[str, str, list[Any]]]:
        """Module, name and argument types of each function."""
        for row in self._rows.values():
            yield row["module"], row["name"], row["arguments"]

    def find(self, module: str, name: str, arguments: list[Any]) -> FunctionCode | None:
        """The function's code for those argument types, None where it has none."""
        row = self._rows.get(function_key(module, name, arguments))
        return (
            None if row is None else FunctionCode(**row | {part: self._part(*row[part]) for part in _PARTS})
        )

    def _part(self, start: int, length: int) -> memoryview:
        return self._content[start : start + length]


def file_name(level: str) -> str:
    """What the set of a level is called for the Python that runs."""
    return f"{level}-{python_tag()}.code"


def python_tag() -> str:
    """The Python that runs, as wheels name it; `t` stands for one without the interpreter lock."""
    return f"cp{sys.version_info.major}{sys.version_info.minor}{getattr(sys, 'abiflags', '')}"


def function_key(module: str, name: str, arguments: list[Any]) -> str:
    """One string for a function and the types of its arguments."""
    return json.dumps([module, name, arguments], separators=(",", ":"))


def write_set(path: Path, origin: CodeOrigin, functions: Iterable[FunctionCode]) -> str:
    """Write a set, and its sha256 into `digests.json` beside it; the sha256."""
    rows: dict[str, dict[str, Any]] = {}
    parts: list[bytes] = []
    at = 0
    for function in functions:
        row = {name: getattr(function, name) for name in function.__slots__}
        for name in _PARTS:
            parts.append(bytes(row[name]))
            row[name] = [at, len(parts[-1])]
            at += len(parts[-1])
        rows[function_key(function.module, function.name, function.arguments)] = row
    header = json.dumps({"origin": asdict(origin), "functions": rows}, separators=(",", ":")).encode()
    content = b"".join([len(header).to_bytes(8, "little"), header, *parts])
    path.write_bytes(content)
    digest = sha256(content).hexdigest()
    digests = path.with_name(DIGESTS)
    known = json.loads(digests.read_bytes()) if digests.exists() else {}
    digests.write_text(json.dumps(known | {path.name: digest}, indent=1, sort_keys=True) + "\n")
    return digest


def read_set(path: Path) -> CodeSet:
    """Map a set and check it.

    Raises: ValueError, where the file is not the one whose sha256 was recorded.
    """
    with path.open("rb") as file:
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    recorded = json.loads(path.with_name(DIGESTS).read_bytes()).get(path.name)
    if sha256(content).hexdigest() != recorded:
        raise ValueError(f"expected the sha256 that {DIGESTS} has for {path.name}: it was changed since")
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(bytes(content[8:end]))
    return CodeSet(CodeOrigin(**header["origin"]), header["functions"], content[end:])


@cache
def digest_sources() -> str:
    """One sha256 over all of the engine's sources: what a function's code depends on reaches across files."""
    found = sha256()
    for path in sorted(_ENGINE_ROOT.rglob("*.py")):
        found.update(path.relative_to(_ENGINE_ROOT).as_posix().encode() + b"\0")
        found.update(sha256(path.read_bytes()).digest())
    return found.hexdigest()
