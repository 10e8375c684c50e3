# SPDX-License-Identifier: Apache-2.0
"""What a process compiled, as a set."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.jit.code_set import CodeOrigin, file_name, write_set
from engine.jit.function_code import take_apart
from engine.jit.loops import compiled_functions

from .work import call_all_loops


def make_set(level: str, folder: str) -> None:
    """Do the work, and write what it had compiled."""
    call_all_loops()
    functions = [take_apart(compiled) for compiled in compiled_functions()]
    digest = write_set(Path(folder) / file_name(level), CodeOrigin.here(level), functions)
    print(f"{len(functions)} functions for {level}, sha256 {digest}", file=sys.stderr)
