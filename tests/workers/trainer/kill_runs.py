# SPDX-License-Identifier: Apache-2.0
"""Kills trainers at random moments until enough died: `python -m tests.workers.trainer.kill_runs FOLDER
--kills 200 [--kafka HOST:PORT]`.

A run without falls is the measure. Then trainers are killed with SIGKILL, each after a random part of that
run's processor time, and begun anew until one comes to the end; its state must have the digest of the
measure, and the record that is no correction one dead letter. That is repeated with new folders until there
were enough kills. Trainers are forked from this process, which has loaded everything and computed nothing:
most of their time is work.
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

from workers.transports.kafka.transport import KafkaTransport

from .support import Workshop, various_records

N_RECORDS = 40
TICKS = os.sysconf("SC_CLK_TCK")
GIVE_UP = 300.0  # seconds after which a trainer that neither ends nor is killed counts as stuck


def main() -> int:
    """Print what happened as one line of JSON; exit code 1 where a digest or the dead letters differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kafka", help="HOST:PORT; without it the embedded log")
    parser.add_argument("--partitions", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    started = time.monotonic()
    assert finished(forked(shop_of(options, "warm-up"))), (
        "the first run did not come to its end"
    )  # loops are compiled, and kept on disk
    measure, before = shop_of(options, "measure"), os.times()
    assert finished(forked(measure)), "the run without falls did not come to its end"
    whole = (
        os.times().children_user - before.children_user + os.times().children_system - before.children_system
    )
    expected, kills, rounds, wrong = measure.digest(), 0, 0, 0
    while kills < options.kills:
        rounds += 1
        shop = shop_of(options, f"round-{rounds}")
        while kills < options.kills and killed(forked(shop), chance.uniform(0.0, 0.6 * whole)):
            kills += 1
        assert finished(forked(shop)), "the last run did not come to its end"
        wrong += shop.digest() != expected or len(shop.dead_letters()) != 1
        print(f"{kills} kills in {rounds} rounds, {wrong} wrong", file=sys.stderr, flush=True)
    figures = {
        "kills": kills,
        "rounds": rounds,
        "wrong": wrong,
        "digest": expected,
        "seconds": round(time.monotonic() - started),
    }
    print(json.dumps(figures), flush=True)
    return 1 if wrong else 0


def shop_of(options: argparse.Namespace, name: str) -> Workshop:
    """A folder, a log with corrections in it, and an empty registry."""
    sent = various_records(N_RECORDS, options.partitions)
    if not options.kafka:
        shop = Workshop(options.folder / name, model=options.folder / "model")
        shop.send(sent, options.partitions)
        return shop
    shop = Workshop(
        options.folder / name,
        broker=f"kafka://{options.kafka}",
        model=options.folder / "model",
        topic=f"corrections-{name}",
    )
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
    """Kill a process once it has had so many seconds of a processor; whether it was still at work."""
    while seconds_of(pid) < after:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return False
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def seconds_of(pid: int) -> float:
    """Processor time of a process; one that is over has had enough of it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


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
