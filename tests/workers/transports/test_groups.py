# SPDX-License-Identifier: Apache-2.0
"""Members of a group: joining, leaving, dying, and what a commit may still do then; every transport alike."""

from __future__ import annotations

import random
import time
from threading import Thread

import pytest

from tests.workers.transports.helpers import (
    Log,
    after,
    assert_copied_once,
    copies,
    copy_until,
    drain,
    n_records,
    poll_until,
)
from workers.transports import FencedError

WORDS = [b"w%d" % i for i in range(40)]


def test_members_share_partitions_and_the_old_one_keeps_what_it_can(log: Log) -> None:
    """A second member gets half; what the first one keeps, it keeps under its old epochs."""
    topic = log.topic(4)
    options = log.options(topic)
    first = log.consumer(options)
    poll_until([first], lambda: len(first.assignment()) == 4)
    before = dict(first.assignment())
    second = log.consumer(options)
    poll_until([first, second], lambda: (len(first.assignment()), len(second.assignment())) == (2, 2))
    assert set(first.assignment()) | set(second.assignment()) == set(before)
    assert all(before[place] == epoch for place, epoch in first.assignment().items())


def test_a_member_that_leaves_gives_its_partitions_back(log: Log) -> None:
    """The other one has all of them soon, and begins where the one that left committed."""
    topic, output = log.topic(4), log.topic()
    options = log.options(topic)
    first, second = log.consumer(options), log.consumer(options)
    poll_until([first, second], lambda: (len(first.assignment()), len(second.assignment())) == (2, 2))
    log.send(topic, WORDS)
    copy_until(
        second, output, lambda: all(lag.lag == 0 for lag in second.lag()) and n_records(log, output) > 0
    )
    second.close()
    done = n_records(log, output)
    copy_until(first, output, lambda: n_records(log, output) >= len(WORDS))
    assert 0 < done < len(WORDS)
    assert_copied_once(log, topic, output)


def test_in_flight_work_of_revoked_partitions_is_refused_and_of_kept_ones_accepted(log: Log) -> None:
    """A member joins while batches are in flight: the old owner can commit what it kept, not what it gave
    away."""
    topic, output = log.topic(4), log.topic()
    log.send(topic, WORDS)
    options = log.options(topic)
    first = log.consumer(options)
    records = drain(first, len(WORDS))
    positions = after(first, records)
    second = log.consumer(options)
    again = poll_until(
        [first, second], lambda: len(second.assignment()) == 2 and len(first.assignment()) == 2
    )
    with pytest.raises(FencedError):
        first.commit(copies(records, output), [], positions)
    kept = [r for r in records if r.topic_partition in first.assignment()]
    first.commit(
        copies(kept, output),
        [],
        {place: at for place, at in positions.items() if place in first.assignment()},
    )
    moved = [r for r in again if r.topic_partition in second.assignment()]
    moved += drain(second, len(records) - len(kept) - len(moved))
    second.commit(copies(moved, output), [], after(second, moved))
    assert_copied_once(log, topic, output)


def test_a_zombie_is_fenced(log: Log) -> None:
    """A member that fell silent for longer than its lease cannot commit once another has its partitions;
    rewound, it goes on."""
    topic, output = log.topic(4), log.topic()
    log.send(topic, WORDS)
    options = log.options(topic)
    zombie = log.consumer(options)
    records = drain(zombie, len(WORDS))
    positions = after(zombie, records)
    heir = log.consumer(options)
    time.sleep(log.session_timeout)
    inherited = poll_until([heir], lambda: len(heir.assignment()) == 4)
    with pytest.raises(FencedError):
        zombie.commit(copies(records, output), [], positions)
    zombie.rewind()
    inherited += drain(heir, len(WORDS) - len(inherited))
    heir.commit(copies(inherited, output), [], after(heir, inherited))
    poll_until([zombie, heir], lambda: len(zombie.assignment()) == 2)
    assert_copied_once(log, topic, output)


def test_who_joins_with_a_slot_takes_over_at_once(log: Log) -> None:
    """The one that had the slot can neither commit nor poll any more; the new one has its partitions without
    waiting for a lease."""
    topic, output = log.topic(4), log.topic()
    log.send(topic, WORDS)
    options = log.options(topic, slot="7")
    old = log.consumer(options)
    records = drain(old, len(WORDS))
    positions = after(old, records)
    new = log.consumer(options)
    taken = drain(new, len(WORDS))
    with pytest.raises(FencedError):
        old.commit(copies(records, output), [], positions)
    with pytest.raises(FencedError):
        poll_until([old], lambda: False, timeout=10)
    new.commit(copies(taken, output), [], after(new, taken))
    assert_copied_once(log, topic, output)


@pytest.mark.timeout(120)
def test_every_record_is_copied_once_while_members_come_and_go(log: Log) -> None:
    """Three members that join, leave and rewind at random: nothing lost, nothing doubled."""
    topic, output = log.topic(6), log.topic(3)
    words = [b"%d" % i for i in range(1500)]
    log.send(topic, words)
    options = log.options(topic)
    stop: list[bool] = []
    failures: list[BaseException] = []

    def work(seed: int) -> None:
        chance = random.Random(seed)
        try:
            while not stop:
                consumer = log.transport().consumer(options)
                until = time.monotonic() + chance.uniform(0.3, 2.5)
                copy_until(
                    consumer,
                    output,
                    lambda until=until: bool(stop) or time.monotonic() > until,
                    max_records=chance.randint(1, 60),
                )  # type: ignore[misc]
                consumer.rewind()
                consumer.close()
        except BaseException as error:
            failures.append(error)
            stop.append(True)

    threads = [Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 60
    while not stop and time.monotonic() < deadline and n_records(log, output) < len(words):
        time.sleep(0.3)
    stop.append(True)
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert_copied_once(log, topic, output)
