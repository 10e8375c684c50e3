# SPDX-License-Identifier: Apache-2.0
"""A process that puts and promotes versions against others that do the same: promoter.py URL NAME DIR
COUNT."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from workers.model_registry import RefusedError, Signing, open_registry


def main(url: str, name: str, directory: str, count: int) -> None:
    """Promote so many versions; whenever another was faster, read the head and try again. Prints how often
    that was."""
    refused, actor = 0, f"p{os.getpid()}"
    with open_registry(url, name, signing=Signing()) as registry:
        for _ in range(count):
            number = registry.put(Path(directory), actor=actor).number
            while True:
                head = registry.head()
                try:
                    registry.set_verdict(number, {"passed": True}, head.epoch)
                    registry.promote(number, expected_epoch=head.epoch, actor=actor)
                    break
                except RefusedError:
                    refused += 1
    print(refused)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
