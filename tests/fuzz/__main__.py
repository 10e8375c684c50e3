# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.fuzz --seconds 60 [--seed N] [--keep] [--reach] [TARGET ...]`: what `make fuzz` runs; exit
code 1 where something was found."""

from __future__ import annotations

import argparse
import faulthandler
import sys
import time

from .loop import keep, try_target
from .targets import TARGETS


def main() -> int:
    """Try the targets."""
    words = argparse.ArgumentParser(prog="python -m tests.fuzz")
    words.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    words.add_argument("--seconds", type=float, default=10.0, help="seconds of a processor for each")
    words.add_argument("--seed", type=int, default=None, help="default: another one each time")
    words.add_argument("--keep", action="store_true", help="write what is found to tests/fuzz/found")
    words.add_argument("--reach", action="store_true", help="tell how much of each file was reached")
    given = words.parse_args()
    seed = int(time.time()) if given.seed is None else given.seed
    n_found = 0
    for name in given.targets or TARGETS:
        faulthandler.dump_traceback_later(600 + 10 * given.seconds, exit=True)  # a case that never ends
        trial = try_target(TARGETS[name], given.seconds, seed)
        told = f"{len(trial.reach):,} lines, {len(trial.findings)} findings (seed {seed})"
        print(f"{name:12} {trial.n_cases:>9,} cases, {told}", flush=True)
        for file, (reached, lines) in trial.reach.by_file().items() if given.reach else ():
            print(f"  {reached:5} of {lines:5}  {file}")
        for finding in trial.findings:
            n_found += 1
            print(f"  {finding.what}\n    {finding.case[:300]!r}")
            if given.keep:
                print(f"    kept in {keep(finding)}")
    faulthandler.cancel_dump_traceback_later()
    return 1 if n_found else 0


if __name__ == "__main__":
    sys.exit(main())
