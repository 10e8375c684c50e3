# SPDX-License-Identifier: Apache-2.0
"""`python -m workers.cli` is `freshet`."""

from __future__ import annotations

from .app import main

if __name__ == "__main__":
    main()
