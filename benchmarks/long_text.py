# SPDX-License-Identifier: Apache-2.0
"""What a text of ten megabytes does to those beside and behind it.

`python -m benchmarks.long_text [--megabytes 10] [--rate 50] [--threads 1]`

A worker annotates short texts at an easy pace; then a long one is written to one of its partitions. Printed
for each limit on a text's length, Freshet's own and one that lets the long text through: `p99` and `longest`,
seconds from a text's writing to its annotation's arrival, before the long text and from then on until its own
output has come, of texts of its partition and of the others; `long_took`, seconds from the long text's
writing to its output, which is a dead letter by Freshet's own limit.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

import orjson
from kafka.admin import KafkaAdminClient, NewTopic

from benchmarks.rolling import (
    PARTITIONS,
    TEXT,
    Rollout,
    Traffic,
    fleet,
    new_settings,
    p99,
    read_arrivals,
    write_texts,
)
from benchmarks.rolling import wait_until as wait_for_it
from tests.servers.kafka import KafkaBroker
from workers.settings import WorkerSettings
from workers.transports import Transport, open_transport
from workers.transports.base import OutgoingRecord

QUIET = 10.0
LIMIT = 90 << 20


def main() -> None:
    """Measure both limits and print JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, default=10.0)
    parser.add_argument("--rate", type=float, default=50.0, help="short texts a second")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="freshet-long-")))
        server = KafkaBroker(folder / "kafka")
        server.start()
        stack.callback(server.stop)
        broker = f"kafka://{server.address}"
        transport = stack.enter_context(closing(open_transport(broker)))
        for name, limit in (("own", WorkerSettings().max_text_chars), ("none", 1 << 30)):
            settings = new_settings(broker)
            _make_topics(server, settings)
            more = {"max_text_chars": limit, "threads": options.threads}
            with fleet(broker, settings, folder, surge=True, **more) as rollout:
                figures = measure(transport, settings, rollout, options.rate, int(options.megabytes * 1e6))
            print(json.dumps({"limit": name, **figures}), flush=True)


def measure(
    transport: Transport, settings: WorkerSettings, rollout: Rollout, rate: float, n_bytes: int
) -> dict[str, object]:
    """Short texts, then a long one among them."""
    traffic, stop = Traffic(), threading.Event()
    rollout.add()
    parts = (
        (read_arrivals, (transport, settings, traffic, stop)),
        (
            write_texts,
            (transport, settings, traffic, rate, stop),
        ),
    )
    for work, arguments in parts:
        threading.Thread(target=work, args=arguments, daemon=True).start()
    time.sleep(2 * QUIET)
    began = time.time()
    words = (TEXT + " ") * (n_bytes // (len(TEXT) + 1))
    value = orjson.dumps({"id": "long", "text": words})
    with closing(transport.producer()) as producer:
        producer.send([OutgoingRecord(settings.input_topic, value, b"-1", partition=0)])
    wait_for_it(lambda: _is_done(transport, settings, traffic), 600, "the long text is done")
    ended = max(time.time(), began + QUIET)
    time.sleep(max(0.0, ended - time.time()) + 3)
    stop.set()
    before, after = [(began - QUIET, began)], [(began, ended)]
    mine, others = {0}, set(range(1, PARTITIONS))
    return {
        "long_took": round(traffic.long_at - began, 3),
        **{
            name: {"p99": p99(found), "longest": round(max(found, default=0.0), 3)}
            for name, found in (
                ("before", traffic.latencies(before, mine | others)),
                ("behind", traffic.latencies(after, mine)),
                ("beside", traffic.latencies(after, others)),
            )
        },
    }


def _is_done(transport: Transport, settings: WorkerSettings, traffic: Traffic) -> bool:
    with closing(transport.admin()) as admin:
        n_dead = sum(end - first for first, end in admin.topic(settings.dead_letters_to).bounds)
    if n_dead and not traffic.long_at:
        traffic.long_at = time.time()
    return bool(traffic.long_at)


def _make_topics(server: KafkaBroker, settings: WorkerSettings) -> None:
    admin = KafkaAdminClient(bootstrap_servers=server.address)
    names = (settings.input_topic, settings.output_topic, settings.dead_letters_to)
    configs = {"max.message.bytes": str(LIMIT)}
    admin.create_topics([NewTopic(name, PARTITIONS, 1, topic_configs=configs) for name in names])
    admin.close()


if __name__ == "__main__":
    main()
