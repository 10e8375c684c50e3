# SPDX-License-Identifier: Apache-2.0
"""Which machine code this process runs: a set that came with the package, or what it compiles itself.

The level in force is decided here and nowhere else: that of `FRESHET_CPU_LEVEL`, else that of the set which
fits this CPU, else none, and all is compiled for the very CPU. Every loop of a process is of one level,
those too that it compiles itself: our kernels count lanes by it.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from numba.core import config

from .code_set import CodeOrigin, CodeSet, file_name, read_set
from .cpu_level import CpuLevel, host_features, host_levels, pretended_level

FOLDER_VARIABLE = "FRESHET_MACHINE_CODE"
"""Another folder of sets than the package's; empty: none."""


@dataclass(frozen=True, slots=True)
class ShippedCode:
    """The set in use, None with the reason where there is none, and the level in force."""

    set: CodeSet | None
    reason: str
    level: CpuLevel | None
    any_came: bool
    """Whether sets came with this package: having none to use is worth a warning then."""


_made_for: list[CpuLevel] = []
"""The level of the set that this process makes; in all others nothing."""


@cache
def shipped_code() -> ShippedCode:
    """Look once for a set that fits.

    Raises: EngineError, where `FRESHET_CPU_LEVEL` names a level that this CPU lacks.
    """
    if _made_for:
        return ShippedCode(None, "a set is being made", _made_for[0], False)
    pretended = pretended_level()
    folder = _folder()
    if folder is None or not any(folder.glob("*.code")):
        return ShippedCode(None, "none came with this package", pretended, False)
    level = pretended or next(iter(host_levels()), None)
    if level is None:
        return ShippedCode(None, f"there is no level for {platform.machine()}", None, True)
    found, reason = _read(folder / file_name(level.name), level)
    return ShippedCode(found, reason, level if found else pretended, True)


def features_in_force() -> Mapping[str, bool]:
    """The instruction sets that loops may use, in LLVM's names."""
    level = shipped_code().level
    return host_features() if level is None else dict.fromkeys(level.features, True)


def compile_for(level: CpuLevel) -> None:
    """From here on this process compiles for a level that its CPU may lack, and must call nothing of that.

    Raises: RuntimeError, where loops were decorated already: they count lanes by the level.
    """
    if shipped_code.cache_info().currsize:
        raise RuntimeError(f"{level.name} was chosen after the first loop: this is a bug in Freshet")
    _made_for.append(level)


def tell_compiler() -> None:
    """What this process compiles itself is of the level in force; before the first function is decorated."""
    level = shipped_code().level
    if level is not None:
        vars(config).update(CPU_NAME=level.compiler_name, CPU_FEATURES="")


def _folder() -> Path | None:
    named = os.environ.get(FOLDER_VARIABLE)
    if named is None:
        return Path(__file__).parent / "sets"
    return Path(named) if named else None


def _read(path: Path, level: CpuLevel) -> tuple[CodeSet | None, str]:
    """The set in a file and "", None and a reason where it is not for us."""
    if not path.exists():
        return None, f"no {path.name} came with this package"
    try:
        found = read_set(path)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        return None, f"{path.name} cannot be used: {error}"
    different = found.origin.differences(CodeOrigin.here(level.name))
    return (None, f"{path.name} is for {'; '.join(different)}") if different else (found, "")
