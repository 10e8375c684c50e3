# SPDX-License-Identifier: Apache-2.0
"""Settings for a child process: by its environment, since `ps` shows everybody its arguments, and an address
may hold a password."""

from __future__ import annotations

import os

from .sources import ENVIRONMENT_PREFIX


def handed_on(**settings: str) -> dict[str, str]:
    """This process's environment, with these settings in place of what it says of them.

    >>> handed_on(registry="redis://app:hush@a")["FRESHET_REGISTRY"]
    'redis://app:hush@a'
    """
    named = {f"{ENVIRONMENT_PREFIX}{name.upper()}": value for name, value in settings.items()}
    rest = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in named}
    return rest | named
