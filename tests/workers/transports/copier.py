# SPDX-License-Identifier: Apache-2.0
"""A process that copies a topic, for fault tests: `python -m tests.workers.transports.copier ADDRESS IN OUT
GROUP ...`."""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import signal
import sys
import time
from contextlib import closing

from tests.workers.transports.helpers import after, copies
from workers.transports import Consumer, ConsumerOptions, FencedError, TransportError, open_transport


def main() -> int:
    """Copy until the deadline or until a file appears; --die-at kills it at that step of a commit, --stop-at
    stops it there."""
    chosen = _arguments()
    faulthandler.register(signal.SIGUSR1)  # shows where a worker stands that gets nowhere
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(name)s %(message)s")
    commits = 0

    def on_step(step: str) -> None:
        nonlocal commits
        commits += step == "begin"
        if commits >= chosen.commit and step == chosen.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if commits == chosen.commit and step == chosen.stop_at:
            commits += 1
            print("stopping", flush=True)
            os.kill(os.getpid(), signal.SIGSTOP)

    options = ConsumerOptions(
        group=chosen.group,
        topics=(chosen.input,),
        slot=chosen.slot,
        session_timeout=chosen.session,
        max_poll_interval=30.0,
        transaction_timeout=chosen.transaction,
        commit_timeout=20.0,
        on_step=on_step,
    )
    with closing(open_transport(chosen.address)) as log, closing(log.consumer(options)) as consumer:
        print("ready", flush=True)
        copy(consumer, chosen)
    return 0


def copy(consumer: Consumer, chosen: argparse.Namespace) -> None:
    """Until the file is there that ends it, or its time is over."""
    deadline = time.monotonic() + chosen.seconds
    while time.monotonic() < deadline and not os.path.exists(chosen.until):
        records = consumer.poll(0.1, chosen.batch)
        positions = after(consumer, records)
        records = [r for r in records if r.topic_partition in positions]
        if not records:
            continue
        try:
            consumer.commit(copies(records, chosen.output), [], positions)
        except FencedError as error:
            print(f"fenced: {error}", flush=True)
            consumer.rewind()
        except TransportError as error:
            print(f"failed: {error}", flush=True)
            consumer.rewind()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("address", "input", "output", "group"):
        parser.add_argument(name)
    parser.add_argument("--slot", default="")
    parser.add_argument("--die-at", default="")
    parser.add_argument("--stop-at", default="")
    parser.add_argument("--commit", type=int, default=3)
    parser.add_argument("--batch", type=int, default=20)
    parser.add_argument("--session", type=float, default=0.5)
    parser.add_argument("--transaction", type=float, default=3.0)
    parser.add_argument("--seconds", type=float, default=110.0)
    parser.add_argument("--until", default="")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
