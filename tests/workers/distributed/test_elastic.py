from __future__ import annotations

from pathlib import Path

import orjson
import pytest

import engine
from engine.config.default_values import fill_config
from engine.extras import RAY
from tests.engine.training.test_train import made_config
from tests.ray_runs import RayRun
from tests.workers.distributed.slow_steps import slow_code, slow_config

pytestmark = [
    pytest.mark.skipif(not RAY.is_installed, reason="needs the extra ray"),
    pytest.mark.nightly,
    pytest.mark.xdist_group("ray"),
    pytest.mark.timeout(1800),
    pytest.mark.filterwarnings("default"),  # Ray's cluster for tests warns of much
]


def test_a_run_goes_on_with_one_worker_two_and_one(tmp_path: Path) -> None:
    """A machine comes, and leaves again: the updates are as many, all are in one run."""
    from ray.cluster_utils import Cluster

    rows = tmp_path / "rows.jsonl"
    config = fill_config(made_config(tmp_path, **{"training.max_steps": 400, "training.eval_frequency": 5}))
    config["training"]["logger"] = {"@loggers": "freshet.JsonlLogger.v1", "path": str(rows)}
    slow_config(config).to_disk(tmp_path / "config.cfg")
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    group = ("--workers", "2", "--address", cluster.address, "--training.distributed.min_workers", "1")
    run = RayRun(
        "train",
        str(tmp_path / "config.cfg"),
        "-o",
        str(tmp_path / "out"),
        "--code",
        str(slow_code(tmp_path)),
        *group,
        "--training.distributed.resize_seconds",
        "2",
        "--training.distributed.max_failures",
        "-1",
        folder=tmp_path,
    )
    try:
        run.wait_for(lambda: workers_in(rows)[-1:] == [1])
        more = cluster.add_node(num_cpus=1)
        run.wait_for(lambda: workers_in(rows)[-1:] == [2])
        cluster.remove_node(more, allow_graceful=False)
        run.wait_for(lambda: workers_in(rows)[-1:] == [1])
        run.end(1200)
    finally:
        run.close()
        cluster.shutdown()
    assert engine.load(tmp_path / "out" / "model-last").meta["training"]["steps"] == 400
    steps = [orjson.loads(line)["step"] for line in rows.read_bytes().splitlines()]
    assert steps == sorted(set(steps))


def workers_in(rows: Path) -> list[int]:
    """How many workers each row was learned by."""
    if not rows.is_file():
        return []
    return [orjson.loads(line)["distributed"]["workers"] for line in rows.read_bytes().splitlines()]
