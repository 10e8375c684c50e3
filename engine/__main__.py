# SPDX-License-Identifier: Apache-2.0
"""`python -m engine train ...`: the command line that this distribution installs, as `freshet train ...`."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

COMMAND = "freshet"


def main() -> None:
    """Run the command. Raises: SystemExit where the distribution is not installed."""
    found = [entry for entry in entry_points(group="console_scripts") if entry.name == COMMAND]
    if not found:
        sys.exit(f"expected the command {COMMAND!r} to be installed, found none; pip install freshet")
    found[0].load()()


if __name__ == "__main__":
    main()
