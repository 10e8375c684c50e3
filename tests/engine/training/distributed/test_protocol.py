from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.config import ConfigError, parse_config
from engine.training.distributed.gradients import MANY_ROWS, Gradient, add, as_gradient
from engine.training.distributed.meters import sum_of
from engine.training.distributed.owner import Contribution, Owner, OwnerRules
from engine.training.distributed.ownership import owners_of
from engine.training.distributed.reduction import add_tree, subtrees_of
from engine.training.distributed.settings import DistributedSettings, Late, Strategy, split_section
from engine.training.distributed.shards import coins_of, cut_in_shards, shards_of

# --- shards and their sum


@given(st.lists(st.integers(0, 50)), st.integers(1, 12))
def test_a_batch_is_cut_into_runs_that_join_to_it(lengths: list[int], n_shards: int) -> None:
    """Every example is in one shard, in order; there are always as many shards as were asked for."""
    batch = [("x" * n) for n in lengths]
    shards = cut_in_shards(batch, n_shards)
    assert len(shards) == n_shards
    assert list(itertools.chain.from_iterable(shards)) == batch


def test_shards_have_about_equally_many_words() -> None:
    """Eight texts of ten words and one of eighty: the long one is one half."""
    sizes = [sum(map(len, shard)) for shard in cut_in_shards(["x" * 10] * 8 + ["x" * 80], 2)]
    assert sizes == [80, 80]


@given(st.integers(1, 9), st.integers(0, 20))
def test_workers_share_shards_out_without_gap(n_workers: int, more: int) -> None:
    """Every shard has one worker, whatever their number."""
    n_shards = n_workers + more
    shared = [i for rank in range(n_workers) for i in shards_of(rank, n_workers, n_shards)]
    assert shared == list(range(n_shards))


@given(st.integers(1, 17), st.integers(1, 17), st.randoms(use_true_random=False))
def test_the_sum_is_the_same_bits_for_any_number_of_workers(
    n_shards: int, n_workers: int, coins: random.Random
) -> None:
    """Each worker adds its own subtrees; the whole has the bits of one worker's sum."""
    n_workers = min(n_workers, n_shards)
    leaves = {
        (i, i + 1): np.float32(coins.uniform(-1, 1) * 10 ** coins.randint(-4, 4)) for i in range(n_shards)
    }
    plus = np.add
    alone = add_tree((0, n_shards), leaves, plus)
    roots = {}
    for rank in range(n_workers):
        own = shards_of(rank, n_workers, n_shards)
        mine = {node: leaf for node, leaf in leaves.items() if node[0] in own}
        for node in subtrees_of(own.start, own.stop, (0, n_shards)):
            roots[node] = add_tree(node, mine, plus)
    together = add_tree((0, n_shards), roots, plus)
    assert alone is not None
    assert together is not None
    assert alone.tobytes() == together.tobytes()


def test_coins_are_those_of_the_shard_and_leave_others_alone() -> None:
    """The same step and shard give the same coins; what is drawn outside does not notice."""
    random.seed(5)
    np.random.seed(5)
    expected = random.random(), np.random.random()
    random.seed(5)
    np.random.seed(5)
    drawn = []
    for shard in (1, 2, 1):
        with coins_of(7, 3, shard):
            drawn.append((random.random(), np.random.random()))
    assert drawn[0] == drawn[2] != drawn[1]
    assert (random.random(), np.random.random()) == expected


# --- gradients


def _tables() -> Iterator[np.ndarray]:
    generator = np.random.default_rng(0)
    for share in (0.0, 0.1, 0.4, 1.0):
        table = generator.normal(size=(MANY_ROWS, 3)).astype(np.float32)
        table[generator.random(MANY_ROWS) >= share] = 0
        yield table


@pytest.mark.parametrize("pair", list(itertools.product(_tables(), _tables())))
def test_rows_and_whole_arrays_add_up_alike(pair: tuple[np.ndarray, np.ndarray]) -> None:
    """However much of a table was touched, the sum is NumPy's; what is sent has the rows that count alone."""
    left, right = map(as_gradient, pair)
    np.testing.assert_array_equal(add(left, right).dense(), pair[0] + pair[1])
    if np.count_nonzero(pair[0].any(axis=1)) < MANY_ROWS // 4:
        assert left.n_bytes < pair[0].nbytes / 2


def test_small_arrays_are_sent_as_they_are() -> None:
    """A bias has no rows to leave out."""
    assert as_gradient(np.zeros(10, dtype=np.float32)).rows is None


# --- owners


def test_every_array_has_one_owner_and_loads_are_even() -> None:
    """The largest go first, to who has least; the same sizes give the same owners."""
    sizes = {f"a{i}": (i % 7 + 1) * 100 for i in range(40)}
    owners = owners_of(sizes, 4)
    loads = [sum(size for name, size in sizes.items() if owners[name] == rank) for rank in range(4)]
    assert set(owners) == set(sizes)
    assert max(loads) - min(loads) <= max(sizes.values())
    assert owners == owners_of(dict(reversed(sizes.items())), 4)


def test_an_update_waits_for_its_quorum_of_different_workers() -> None:
    """Two gradients of one worker are no quorum of two."""
    owner = Owner(OwnerRules(3, 2, max_staleness=4))
    owner.receive(contribution(0, 1, 0))
    owner.receive(contribution(0, 2, 0))
    assert owner.next_update() is None
    owner.receive(contribution(2, 1, 0))
    assert value(owner) == 3.0  # two of three came: the sum is as large as if all had
    assert (owner.version, owner.meters.used, owner.meters.pending) == (1, 2, 1)


@pytest.mark.parametrize(("late", "total"), [(Late.scale, 2.0), (Late.use, 2.0), (Late.drop, 2.0)])
def test_a_late_gradient_joins_the_next_update_or_is_dropped_visibly(late: Late, total: float) -> None:
    """It never makes an update alone; `late` says what it counts, and meters say what became of it."""
    owner = Owner(OwnerRules(2, 1, max_staleness=2, late=late))
    owner.receive(contribution(0, 1, 0))
    assert value(owner) == 2.0
    owner.receive(contribution(1, 1, 0, 4.0))
    assert owner.next_update() is None
    owner.receive(contribution(0, 2, 1))
    mixed = {Late.scale: (1.0 + 4.0 / 2) * 2 / 1.5, Late.use: 5.0, Late.drop: 2.0}
    assert value(owner) == pytest.approx(mixed[late])
    assert (owner.meters.late, owner.meters.dropped) == ((0, 1) if late is Late.drop else (1, 0))


def test_what_is_staler_than_the_bound_is_dropped() -> None:
    """Three updates later, with a bound of two."""
    owner = Owner(OwnerRules(2, 1, max_staleness=2))
    for step in (1, 2, 3):
        owner.receive(contribution(0, step, step - 1))
        assert owner.next_update() is not None
    owner.receive(contribution(1, 1, 0))
    owner.receive(contribution(0, 4, 3))
    assert owner.next_update() is not None
    assert owner.meters.dropped == 1
    assert sum_of([owner.meters]).staleness == {0: 4}


def contribution(sender: int, step: int, version: int, amount: float = 1.0) -> Contribution:
    """A gradient of one number."""
    array = np.array([amount], dtype=np.float32)
    return Contribution(sender, step, version, {"w": Gradient(array, array.shape)})


def value(owner: Owner) -> float:
    """The sum of the next update."""
    total = owner.next_update()
    assert total is not None
    return float(total["w"].values[0])


# --- settings


def test_the_section_is_taken_out_of_the_config() -> None:
    """How a pipeline was trained does not change what it is: the digest must not know the workers."""
    config = parse_config('[training]\nseed = 0\n\n[training.distributed]\nstrategy = "owned"\nworkers = 3\n')
    plain, section = split_section(config)
    assert section is not None
    settings = DistributedSettings.from_section(section)
    assert (settings.strategy, settings.workers) == (Strategy.owned, 3)
    assert plain["training"] == {"seed": 0}
    assert split_section(plain)[1] is None


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"strategy": "fast"}, "sync | owned | local"),
        ({"late": "keep"}, "scale | use | drop"),
        ({"workers": 0}, "from 1 on"),
        ({"workers": True}, "from 1 on"),
        ({"workers": 5}, "at least one shard a worker"),
        ({"quorum": 3, "workers": 2}, "at most workers = 2"),
        ({"min_workers": 3, "workers": 2}, "at most workers = 2"),
        ({"max_failures": -2}, "from -1 on"),
        ({"resize_seconds": "soon"}, "expected seconds"),
        ({"worker": 2}, "there are: average_every"),
    ],
)
def test_what_cannot_be_followed_is_refused_by_name(section: dict[str, object], told: str) -> None:
    """The message has the key, what came, and what there is."""
    with pytest.raises(ConfigError, match=r"training -> distributed") as caught:
        DistributedSettings.from_section(section)
    assert told in str(caught.value)
