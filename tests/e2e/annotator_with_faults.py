# SPDX-License-Identifier: Apache-2.0
"""An annotator process that does something to itself at a step of a commit: `python -m
tests.e2e.annotator_with_faults STEP:N:SIGNAL`.

At the N-th time that a commit reaches STEP (`begin`, `records`, `offsets`, `commit`, `done`) it sends itself
SIGNAL, such as KILL or STOP. Settings come from the environment, the model is the one of the tests, `--delay`
seconds slow for each batch.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import closing

from tests.workers.support import words_model
from workers.annotator.annotator import run_annotator
from workers.settings import read_settings
from workers.transports.address import open_transport


def main() -> int:
    """Run until the fault, or until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("fault", nargs="?", default="")
    parser.add_argument("--delay", type=float, default=0.0)
    arguments = parser.parse_args()
    logging.basicConfig(level="INFO", format=f"%(asctime)s {os.getpid()} %(name)s %(message)s")
    settings = read_settings(environ=os.environ)
    hook = fault(arguments.fault) if arguments.fault else None
    with closing(open_transport(settings.broker)) as transport:
        return run_annotator(settings, transport, words_model(delay=arguments.delay), on_commit_step=hook)


def fault(spec: str) -> Callable[[str], None]:
    """The hook of STEP:N:SIGNAL."""
    step, number, name = spec.split(":")
    left = int(number)

    def on_step(reached: str) -> None:
        nonlocal left
        if reached == step:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.Signals[f"SIG{name}"])
                time.sleep(0.2)  # it takes hold a little later; the step must not be passed by then

    return on_step


if __name__ == "__main__":
    raise SystemExit(main())
