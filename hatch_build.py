# SPDX-License-Identifier: Apache-2.0
"""Puts machine code into the wheel: `FRESHET_SETS=FOLDER pip wheel .`, or `make wheels`, which makes the sets
too.

A wheel with sets is for one Python and one kind of machine (`FRESHET_MACHINE`, else the one that builds), and
asks for the very compiler that made them: with another one they would be passed over. Without sets, and in an
editable install, nothing is added.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PLACE = "engine/jit/sets"


class MachineCode(BuildHookInterface):
    """Adds the sets of `FRESHET_SETS` that are for the Python that builds."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add files, tag and requirements to what hatchling is about to build."""
        folder = os.environ.get("FRESHET_SETS", "")
        if not folder or version == "editable":
            return
        machine = os.environ.get("FRESHET_MACHINE") or platform.machine()
        python = f"cp{sys.version_info.major}{sys.version_info.minor}{sys.abiflags}"
        found = {path: _origin(path) for path in sorted(Path(folder).glob(f"*-{python}.code"))}
        sets = {path: origin for path, origin in found.items() if origin["triple"].startswith(f"{machine}-")}
        if not sets:
            raise FileNotFoundError(
                f"expected sets for {python} on {machine} in FRESHET_SETS={folder}; "
                "make them with `python -m workers.machine_code`"
            )
        files = [*sets, Path(folder) / "digests.json"]
        build_data["force_include"] |= {str(path): f"{PLACE}/{path.name}" for path in files}
        build_data["pure_python"] = False
        build_data["tag"] = f"{python.removesuffix(sys.abiflags)}-{python}-{_platform(machine)}"
        for name in ("numba", "llvmlite"):
            (made_by,) = {origin[name] for origin in sets.values()}
            build_data["dependencies"].append(f"{name}=={made_by}")


def _origin(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return dict(header["origin"])


def _platform(machine: str) -> str:
    """On Linux as Numba's own wheels: the sets call nothing that is newer than what Numba calls."""
    if sys.platform == "linux":
        return f"manylinux_2_27_{machine}.manylinux_2_28_{machine}"
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")
