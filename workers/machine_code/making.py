# SPDX-License-Identifier: Apache-2.0
"""What a process compiled, as a set: by doing the work, or, for a level that its CPU lacks, without.

Code for another CPU, or for another kind of machine, cannot be called here. It need not be: a set of a level
that this CPU has lists the functions and the types that the work called them with; compiling calls nothing.
"""

from __future__ import annotations

import pkgutil
import sys
from importlib import import_module
from pathlib import Path

import engine
from engine.jit.code_set import CodeOrigin, file_name, read_set, write_set
from engine.jit.function_code import take_apart
from engine.jit.loops import compiled_functions, uncompiled_functions
from engine.jit.written_types import read_type

from .work import call_all_loops


def make_set(level: str, folder: str) -> None:
    """Do the work, and write what it had compiled.

    Raises: RuntimeError, where the engine has a loop that the work did not call.
    """
    origin = CodeOrigin.here(level)  # now: sources may be edited meanwhile
    call_all_loops()
    for module in pkgutil.walk_packages(engine.__path__, f"{engine.__name__}."):
        import_module(module.name)
    if forgotten := uncompiled_functions():
        raise RuntimeError(
            "expected workers/machine_code/work.py to call every loop of the engine, it does not call "
            f"{', '.join(forgotten)}; call them there with the types that they meet"
        )
    _write(origin, folder)


def make_foreign_set(level: str, folder: str, listed: str) -> None:
    """Compile what the set of another level lists, and write it; after `tell_target`."""
    origin = CodeOrigin.here(level)
    for module, name, arguments in read_set(Path(listed)):
        function = getattr(import_module(module), name)
        function.compile(tuple(read_type(type_) for type_ in arguments))
    _write(origin, folder)


def _write(origin: CodeOrigin, folder: str) -> None:
    functions = [take_apart(compiled) for compiled in compiled_functions()]
    digest = write_set(Path(folder) / file_name(origin.level), origin, functions)
    print(f"{len(functions)} functions for {origin.level}, sha256 {digest}", file=sys.stderr)
