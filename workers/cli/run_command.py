# SPDX-License-Identifier: Apache-2.0
"""Running a command for scripts that do so by `spacy.util.run_command`."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence

from engine.util import split_command


def run_command(
    command: str | Sequence[str], *, stdin: str | None = None, capture: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a command without a shell; its end is ours, unless it is captured.

    Raises: FileNotFoundError; SystemExit with its code where it fails and is not captured.
    """
    words = split_command(command) if isinstance(command, str) else list(command)
    done = subprocess.run(
        words,
        input=stdin,
        text=True,
        check=False,
        stdout=subprocess.PIPE if capture else None,
        stderr=subprocess.STDOUT if capture else None,
    )
    if done.returncode and capture:
        raise SystemExit(f"{shlex.join(words)}: exit {done.returncode}\n{done.stdout}")
    if done.returncode:
        raise SystemExit(done.returncode)
    return done
