from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.training.distributed.gradients import add_all
from engine.training.distributed.owner import OwnerRules
from engine.training.distributed.reduction import add_tree
from engine.training.distributed.scaling import Costs, scaling_curve
from engine.training.distributed.settings import Late, Strategy
from engine.training.distributed.simulator import SimulatedRun, Timing, Weights, quadratic, simulate

WILD = Timing(jitter=0.8, stragglers=0.2, slowness=8.0, send=0.5)


def synchronous(n_workers: int, steps: int, learn_rate: float) -> Weights:
    """The same model, learned one step after the other in one process."""
    weights, gradient_of = quadratic(7, 5)
    for step in range(1, steps + 1):
        leaves = {(rank, rank + 1): gradient_of(weights, step, rank) for rank in range(n_workers)}
        total = add_tree((0, n_workers), leaves, lambda left, right: add_all(left, right) or {})
        assert total is not None
        weights = {name: weights[name] - np.float32(learn_rate) * total[name].dense() for name in weights}
    return weights


@pytest.mark.parametrize("n_workers", [1, 2, 3, 8])
@pytest.mark.parametrize("crashes", [0, 3])
def test_at_staleness_0_the_weights_are_those_of_synchronous_workers(n_workers: int, crashes: int) -> None:
    """Bit by bit, whatever the delays, and whoever dies meanwhile."""
    run = SimulatedRun(OwnerRules(n_workers, n_workers, 0), steps=30, timing=WILD, crashes=crashes)
    result = simulate(run, *quadratic(7, 5))
    expected = synchronous(n_workers, 30, run.learn_rate)
    for name, array in result.weights.items():
        assert array.tobytes() == expected[name].tobytes()
    assert set(result.meters.staleness) == {0}


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(0, 4),
    st.sampled_from(Late),
    st.integers(0, 2),
    st.integers(0, 10_000),
)
def test_no_gradient_is_lost_and_none_is_staler_than_the_bound(
    n_workers: int, quorum: int, bound: int, late: Late, crashes: int, seed: int
) -> None:
    """Whatever is sent is used, dropped, waiting or on its way when the run ends; every owner makes each step
    once; nothing stops for ever."""
    rules = OwnerRules(n_workers, min(quorum, n_workers), bound, late)
    run = SimulatedRun(rules, steps=12, seed=seed, timing=WILD, crashes=crashes, checkpoint_every=4)
    result = simulate(run, *quadratic(3, 6, seed))
    meters = result.meters
    assert meters.updates == 12 * n_workers
    assert max(meters.staleness) <= bound
    assert meters.used + meters.dropped + meters.pending <= meters.sent
    assert sum(meters.staleness.values()) == meters.used
    if quorum >= n_workers:
        assert (meters.used, meters.dropped, meters.skipped) == (12 * n_workers**2, 0, 0)


def test_one_seed_gives_one_run() -> None:
    """Times, counts and weights."""
    run = SimulatedRun(OwnerRules(4, 2, 3), steps=20, timing=WILD, crashes=2, seed=9)
    first, second = (simulate(run, *quadratic(5, 4)) for _ in range(2))
    assert (first.seconds, first.waited, first.redone) == (second.seconds, second.waited, second.redone)
    assert first.meters == second.meters
    assert all(first.weights[name].tobytes() == second.weights[name].tobytes() for name in first.weights)


def test_a_bound_on_staleness_lets_workers_pass_a_straggler() -> None:
    """With a quorum of three of four the run takes less time, and late gradients are told; it learns as
    well."""
    timing = Timing(jitter=0.1, stragglers=0.15, slowness=10.0)
    sync, free = (
        simulate(SimulatedRun(OwnerRules(4, quorum, bound), 60, timing=timing), *quadratic(7, 5))
        for quorum, bound in ((4, 0), (3, 4))
    )
    assert free.seconds < 0.8 * sync.seconds
    assert free.meters.late + free.meters.dropped + free.meters.skipped > 0
    goal = synchronous(4, 400, 0.1)
    distances = [sum(float(((r.weights[n] - goal[n]) ** 2).sum()) for n in goal) for r in (sync, free)]
    assert distances[1] < 3 * distances[0] + 0.05


def test_curves_are_planned_from_costs() -> None:
    """One worker is its own measure; more of them are faster together, and not faster each but for what
    owners save, who update a part; sparing the network pays where it is slow."""
    costs = Costs(
        compute=6e-5,
        fixed=0.005,
        update=0.008,
        gradient_bytes=1.5e6,
        weight_bytes=6e6,
        bandwidth=1e9,
        latency=0.001,
    )
    sizes = (1, 2, 8, 32)
    for strategy in Strategy:
        points = list(scaling_curve(strategy, costs, 1000, sizes))
        assert points[0].efficiency == pytest.approx(1.0)
        assert all(0 < point.efficiency < 1.15 for point in points)
        rates = [point.words_per_second for point in points]
        assert rates[1] > rates[0]
        assert all(0 <= point.waiting_share < 1 for point in points)
    slow = Costs(6e-5, 0.005, 0.008, 1.5e6, 6e6, bandwidth=1e7, latency=0.02)
    at_8 = {
        strategy: next(iter(scaling_curve(strategy, slow, 1000, [8], steps=32))).words_per_second
        for strategy in (Strategy.sync, Strategy.local)
    }
    assert at_8[Strategy.local] > at_8[Strategy.sync]


def test_messages_of_one_sender_do_not_overtake_each_other() -> None:
    """The protocol needs it, so the simulator must keep it: many seeds, no update twice."""
    for seed, n in itertools.product(range(5), (2, 5)):
        run = SimulatedRun(OwnerRules(n, max(1, n - 1), 3), steps=25, seed=seed, timing=WILD)
        assert simulate(run, *quadratic(2, 9)).meters.updates == 25 * n
