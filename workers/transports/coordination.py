# SPDX-License-Identifier: Apache-2.0
"""A consumer group as a value: members with leases, owners with epochs, cooperative hand-over.

The memory and the embedded transport both run this logic; each guards it with its own lock or transaction. A
partition moves in two steps, as in Kafka's cooperative protocol: its owner releases it at its next poll, then
the new one takes it. Whoever does not poll keeps what it owns until its lease is over and another member
evicts it. Who shall own what is `balance`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from .base import FencedError, Position, TopicPartition


@dataclass
class Member:
    """A member of a group. `session` is the length of its lease in seconds, `lease_until` its end in seconds
    since 1970."""

    topics: tuple[str, ...]
    slot: str
    session: float
    lease_until: float

    def expired(self, now: float) -> bool:
        """Whether the lease is over; one that ends too far ahead was written before the clock was set
        back."""
        return now > self.lease_until or self.lease_until - now > 2 * self.session + 1


@dataclass
class Group:
    """The members of a group, who owns which partition under which epoch, and who shall own it next."""

    generation: int = 0
    last_epoch: int = 0
    members: dict[str, Member] = field(default_factory=dict)
    owners: dict[TopicPartition, tuple[str, int]] = field(default_factory=dict)
    targets: dict[TopicPartition, str] = field(default_factory=dict)

    def join(self, name: str, topics: tuple[str, ...], slot: str, session: float, now: float) -> None:
        """Add a member; one with the same slot is replaced, and what it owned is handed over under new
        epochs."""
        for other in [m for m, member in self.members.items() if slot and member.slot == slot and m != name]:
            del self.members[other]
            self.targets = {p: name if m == other else m for p, m in self.targets.items()}
            self.owners = {
                p: (name, self._next_epoch()) if m == other else (m, e) for p, (m, e) in self.owners.items()
            }
        self.members[name] = Member(topics, slot, session, now + session)
        self.generation += 1

    def leave(self, name: str) -> None:
        """Remove a member and free what it owns."""
        self.members.pop(name, None)
        self.owners = {p: owner for p, owner in self.owners.items() if owner[0] != name}
        self.generation += 1

    def replaced(self, name: str, slot: str) -> bool:
        """Whether another member took this one's slot."""
        return bool(slot) and name not in self.members and any(m.slot == slot for m in self.members.values())

    def renew(self, name: str, now: float) -> None:
        """Prolong the lease of a member."""
        member = self.members[name]
        member.lease_until = now + member.session

    def sync(self, name: str, partitions: Mapping[str, int], now: float) -> dict[TopicPartition, int]:
        """Evict the dead, release and take partitions as the balance asks; the partitions that `name` owns,
        with their epochs.

        `partitions` maps each existing topic to its number of partitions.
        """
        self.renew(name, now)
        for dead in [m for m, member in self.members.items() if m != name and member.expired(now)]:
            self.leave(dead)
        self._retarget([TopicPartition(topic, p) for topic, n in partitions.items() for p in range(n)])
        mine = {p for p, target in self.targets.items() if target == name}
        released = [p for p, (owner, _) in self.owners.items() if owner == name and p not in mine]
        taken = [p for p in sorted(mine) if p not in self.owners]
        for partition in released:
            del self.owners[partition]
        for partition in taken:
            self.owners[partition] = (name, self._next_epoch())
        self.generation += bool(released or taken)
        return self.owned_by(name)

    def restart(self, name: str) -> dict[TopicPartition, int]:
        """Give all that a member owns new epochs, so that nothing reached under the old ones can be
        committed."""
        for partition, (owner, _) in self.owners.items():
            if owner == name:
                self.owners[partition] = (name, self._next_epoch())
        return self.owned_by(name)

    def owned_by(self, name: str) -> dict[TopicPartition, int]:
        """The partitions of a member, with their epochs."""
        return {p: epoch for p, (owner, epoch) in self.owners.items() if owner == name}

    def check(self, name: str, positions: Mapping[TopicPartition, Position]) -> None:
        """Refuse a commit of a member that is out of the group, or of a partition that it does not own under
        that epoch.

        Raises: FencedError.
        """
        if name not in self.members:
            raise FencedError(
                f"member {name} is no longer in its group: its lease ran out or another took its slot; drop "
                "the work and rewind"
            )
        for partition, position in positions.items():
            owner, epoch = self.owners.get(partition, ("nobody", 0))
            if owner != name or epoch != position.epoch:
                held = f"{owner} owns it under epoch {epoch}"
                raise FencedError(
                    f"{_show(partition)} was read under epoch {position.epoch} by {name}, but {held}; drop "
                    "the work and rewind"
                )

    def _retarget(self, partitions: list[TopicPartition]) -> None:
        current = {
            **self.targets,
            **{p: owner for p, (owner, _) in self.owners.items() if p not in self.targets},
        }
        targets = balance({m: member.topics for m, member in self.members.items()}, partitions, current)
        gone = [p for p in self.owners if p not in targets]
        for partition in gone:
            del self.owners[partition]
        if gone or targets != self.targets:
            self.targets = targets
            self.generation += 1

    def _next_epoch(self) -> int:
        self.last_epoch += 1
        return self.last_epoch

    def to_json(self) -> bytes:
        """The group as JSON."""
        return orjson.dumps(
            {
                "generation": self.generation,
                "last_epoch": self.last_epoch,
                "members": {
                    name: [m.topics, m.slot, m.session, m.lease_until] for name, m in self.members.items()
                },
                "owners": [[*p, *owner] for p, owner in self.owners.items()],
                "targets": [[*p, target] for p, target in self.targets.items()],
            }
        )

    @classmethod
    def from_json(cls, data: bytes) -> Group:
        """The group of what `to_json` wrote."""
        raw = orjson.loads(data)
        return cls(
            generation=raw["generation"],
            last_epoch=raw["last_epoch"],
            members={
                name: Member(tuple(topics), slot, session, until)
                for name, (topics, slot, session, until) in raw["members"].items()
            },
            owners={TopicPartition(topic, p): (owner, epoch) for topic, p, owner, epoch in raw["owners"]},
            targets={TopicPartition(topic, p): target for topic, p, target in raw["targets"]},
        )


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


def _show(partition: TopicPartition) -> str:
    return f"{partition.topic}[{partition.partition}]"
