# SPDX-License-Identifier: Apache-2.0
"""Kills trainers at random moments until enough died: `python -m tests.workers.learning.killing FOLDER --kills 200 [--kafka HOST:PORT]`.

A run without falls is the measure. Then trainers are killed with SIGKILL, each after a random part of that run's time, and begun
anew until one comes to the end; its state must have the digest of the measure. That is repeated with new folders until there were
enough kills. Trainers are forked from this process, which has loaded everything and computed nothing: most of their time is work.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from workers.transports.kafka import KafkaTransport

from .support import Workshop, records

N_RECORDS = 60
GIVE_UP = 120.0  # seconds after which a trainer that neither ends nor is killed counts as stuck


def main() -> int:
    """Print what happened as one line of JSON; exit code 1 where a digest differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kafka", help="HOST:PORT; without it the embedded log")
    parser.add_argument("--partitions", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    measure = shop_of(options, "measure")
    started = time.monotonic()
    assert finished(forked(measure)), "the run without falls did not come to its end"
    whole = time.monotonic() - started
    expected, kills, rounds, wrong = measure.digest(), 0, 0, 0
    while kills < options.kills:
        rounds += 1
        shop = shop_of(options, f"round-{rounds}")
        while kills < options.kills and killed(forked(shop), chance.uniform(0.0, 0.7 * whole)):
            kills += 1
        assert finished(forked(shop)), "the last run did not come to its end"
        wrong += shop.digest() != expected
    told = {"kills": kills, "rounds": rounds, "wrong": wrong, "digest": expected, "seconds": round(time.monotonic() - started)}
    print(json.dumps(told), flush=True)
    return 1 if wrong else 0


def shop_of(options: argparse.Namespace, name: str) -> Workshop:
    """A folder, a log with corrections in it, and an empty registry."""
    sent = records(N_RECORDS, options.partitions)
    if not options.kafka:
        shop = Workshop(options.folder / name, model=options.folder / "model")
        shop.send(sent, options.partitions)
        return shop
    shop = Workshop(options.folder / name, broker=f"kafka://{options.kafka}", model=options.folder / "model", topic=f"corrections-{name}")
    shop.send(sent, options.partitions, KafkaTransport([options.kafka]))
    return shop


def forked(shop: Workshop) -> int:
    """The process id of a trainer at work."""
    gc.collect()
    pid = os.fork()
    if pid:
        return pid
    try:
        shop.learn()
    except BaseException as error:  # a child must not go on as if it were the parent
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


def killed(pid: int, after: float) -> bool:
    """Kill a process so many seconds from now; whether it was still at work."""
    time.sleep(after)
    if os.waitpid(pid, os.WNOHANG)[0]:
        return False
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return True


def finished(pid: int) -> bool:
    """Wait for a process; whether it ended well."""
    deadline = time.monotonic() + GIVE_UP
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return False


if __name__ == "__main__":
    sys.exit(main())
