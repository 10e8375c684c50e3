# SPDX-License-Identifier: Apache-2.0
"""Spreads partitions over the members of a group, moving as few as possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .base import TopicPartition


def balance(
    members: Mapping[str, Iterable[str]],
    partitions: Iterable[TopicPartition],
    current: Mapping[TopicPartition, str],
) -> dict[TopicPartition, str]:
    """The member for each partition: loads differ by at most one, and every member keeps what it has as far
    as that allows.

    `members` maps a member to its topics; a partition whose topic nobody wants is left out.
    """
    wants = {member: frozenset(topics) for member, topics in sorted(members.items())}
    wanted = [p for p in sorted(partitions) if any(p.topic in topics for topics in wants.values())]
    plan = {p: current[p] for p in wanted if p.topic in wants.get(current.get(p, ""), ())}
    load = dict.fromkeys(wants, 0)
    for member in plan.values():
        load[member] += 1
    for partition in wanted:
        if partition not in plan:
            plan[partition] = _least_loaded(partition, wants, load)
            load[plan[partition]] += 1
    while _move_one(plan, wants, load):
        pass
    return plan


def _least_loaded(
    partition: TopicPartition, wants: Mapping[str, frozenset[str]], load: Mapping[str, int]
) -> str:
    return min((m for m in wants if partition.topic in wants[m]), key=lambda m: (load[m], m))


def _move_one(
    plan: dict[TopicPartition, str], wants: Mapping[str, frozenset[str]], load: dict[str, int]
) -> bool:
    for partition in sorted(plan, key=lambda p: (-load[plan[p]], p)):
        giver, taker = plan[partition], _least_loaded(partition, wants, load)
        if load[giver] - load[taker] >= 2:
            plan[partition] = taker
            load[giver] -= 1
            load[taker] += 1
            return True
    return False
