# SPDX-License-Identifier: Apache-2.0
"""The group logic of the memory and embedded logs, without any log."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workers.transports import FencedError, Position, TopicPartition
from workers.transports.coordination import Group, balance

TOPICS = {"a": 5, "b": 3}
PLACES = [TopicPartition(topic, p) for topic, n in TOPICS.items() for p in range(n)]
SESSION = 10.0


def joined(*names: str, now: float = 0.0) -> Group:
    """A group with these members."""
    group = Group()
    for name in names:
        group.join(name, ("a", "b"), "", SESSION, now)
    return group


def settle(group: Group, *names: str, now: float = 0.0) -> None:
    """Let every member look twice, which ends every hand-over."""
    for _ in range(2):
        for name in names:
            group.sync(name, TOPICS, now)


def test_loads_differ_by_at_most_one() -> None:
    """Eight partitions over three members."""
    plan = balance({"x": ["a", "b"], "y": ["a", "b"], "z": ["a", "b"]}, PLACES, {})
    counts = [list(plan.values()).count(member) for member in "xyz"]
    assert sorted(counts) == [2, 3, 3]


def test_a_member_gets_only_topics_that_it_wants() -> None:
    """And a topic that nobody wants is left out."""
    plan = balance({"x": ["a"]}, PLACES, {})
    assert {place.topic for place in plan} == {"a"}
    assert balance({"x": ["a"], "y": ["b"]}, PLACES, {})[TopicPartition("b", 0)] == "y"


def test_a_third_member_moves_as_few_partitions_as_possible() -> None:
    """Of eight partitions over two members only two move to a third one."""
    before = balance({"x": ["a", "b"], "y": ["a", "b"]}, PLACES, {})
    after = balance({"x": ["a", "b"], "y": ["a", "b"], "z": ["a", "b"]}, PLACES, before)
    assert sum(after[place] != before[place] for place in PLACES) == 2


def test_an_owner_releases_before_the_next_one_takes() -> None:
    """A new member gets nothing until the old one has looked."""
    group = joined("x")
    settle(group, "x")
    group.join("y", ("a", "b"), "", SESSION, 0.0)
    assert group.sync("y", TOPICS, 0.0) == {}
    group.sync("x", TOPICS, 0.0)
    assert len(group.sync("y", TOPICS, 0.0)) == 4


def test_a_silent_member_is_evicted_when_its_lease_is_over() -> None:
    """Not before; then the others get what it had and its commit is refused."""
    group = joined("x", "y")
    settle(group, "x", "y")
    mine = {place: Position(1, epoch) for place, epoch in group.owned_by("x").items()}
    settle(group, "y", now=SESSION)
    group.check("x", mine)
    settle(group, "y", now=SESSION + 0.1)
    assert len(group.owned_by("y")) == len(PLACES)
    with pytest.raises(FencedError, match="no longer in its group"):
        group.check("x", mine)


def test_a_lease_from_the_future_counts_as_over() -> None:
    """The clock was set back: the dead must not stay for hours."""
    group = joined("x", "y", now=100_000.0)
    settle(group, "y", now=0.0)
    assert set(group.members) == {"y"}


def test_who_takes_a_slot_gets_its_partitions_under_new_epochs() -> None:
    """At once, and the one before is told so."""
    group = Group()
    group.join("old", ("a",), "s", SESSION, 0.0)
    before = group.sync("old", TOPICS, 0.0)
    group.join("new", ("a",), "s", SESSION, 0.0)
    after = group.owned_by("new")
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())
    assert group.replaced("old", "s")


def test_a_topic_that_goes_takes_its_partitions_along() -> None:
    """Nobody owns what does not exist."""
    group = joined("x")
    settle(group, "x")
    assert {place.topic for place in group.sync("x", {"b": 3}, 0.0)} == {"b"}


events = st.lists(
    st.tuples(
        st.sampled_from(["join", "leave", "sync", "restart", "wait"]), st.sampled_from("wxyz"), st.booleans()
    ),
    max_size=60,
)


@given(events)
@settings(max_examples=150, deadline=None)
def test_whatever_happens_epochs_are_unique_and_the_group_settles_balanced(
    happened: list[tuple[str, str, bool]],
) -> None:
    """After any history a partition has one owner, no epoch was given twice, and the living share all
    partitions evenly."""
    group, now, given_epochs = Group(), 0.0, {}
    for event, name, again in happened:
        if event == "join" and name not in group.members:
            group.join(name, ("a", "b"), name if again else "", SESSION, now)
        elif event == "wait":
            now += SESSION * 0.6
        elif event != "join" and name in group.members:
            _happen(group, event, name, now)
        group = Group.from_json(group.to_json())
        for place, (owner, epoch) in group.owners.items():
            assert given_epochs.setdefault(epoch, (place, owner)) == (place, owner)
    living = sorted(group.members)
    for name in living:
        group.renew(name, now)
    settle(group, *living, now=now)
    if living:
        counts = [len(group.owned_by(name)) for name in living]
        assert sum(counts) == len(PLACES)
        assert max(counts) - min(counts) <= 1


def _happen(group: Group, event: str, name: str, now: float) -> None:
    if event == "leave":
        group.leave(name)
    elif event == "restart":
        group.restart(name)
    else:
        group.sync(name, TOPICS, now)
