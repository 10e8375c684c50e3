# SPDX-License-Identifier: Apache-2.0
"""Each alert by promtool: one course of the metrics in which it fires, one in which it does not."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.chart.conftest import CHART

Series = Mapping[str, str]
"""Values a minute, in promtool's notation (`0+60x90`: 0, 60, 120, ... 91 of them), by series. Times begin at
0, so `0+60x90` of a timestamp is one that is always now."""

COUNT, BUCKET = "freshet_record_age_seconds_count", 'freshet_record_age_seconds_bucket{le="60"}'
LAG, LAST = (
    'freshet_consumer_lag_records{pod="a",topic="texts",partition="0"}',
    ('freshet_last_processed_timestamp_seconds{pod="a"}'),
)
WATERMARK = 'freshet_watermark_timestamp_seconds{pod="a",topic="texts",partition="0"}'
NOW, OLD = "0+60x600", "0+60x60 3600x540"

CASES: Mapping[str, tuple[int, Series, Series]] = {
    "FreshetAgeSloBurn": (
        90,
        {COUNT: "0+100x600", BUCKET: "0+80x600"},
        {COUNT: "0+100x600", BUCKET: "0+90x600"},
    ),
    "FreshetAgeSloSlowBurn": (
        400,
        {COUNT: "0+100x600", BUCKET: "0+93x600"},
        {COUNT: "0+100x600", BUCKET: "0+95x600"},
    ),
    "FreshetLagGrowing": (60, {LAG: "0+100x600"}, {LAG: "9000-100x90 0x600"}),
    "FreshetStalled": (90, {LAST: OLD, LAG: "5x600"}, {LAST: OLD, LAG: "0x600"}),
    "FreshetWatermarkOld": (90, {WATERMARK: OLD, LAG: "5x600"}, {WATERMARK: NOW, LAG: "5x600"}),
    "FreshetPollStuck": (
        90,
        {'freshet_poll_loop_heartbeat_timestamp_seconds{pod="a"}': OLD},
        {'freshet_poll_loop_heartbeat_timestamp_seconds{pod="a"}': NOW},
    ),
    "FreshetFenced": (
        60,
        {'freshet_commit_failures_total{outcome="fenced"}': "0+1x600"},
        {'freshet_commit_failures_total{outcome="fenced"}': "0x50 1x550"},
    ),
    "FreshetCommitsFail": (
        60,
        {'freshet_commit_failures_total{outcome="error"}': "0+10x600"},
        {'freshet_commit_failures_total{outcome="error"}': "0x50 3x550"},
    ),
    "FreshetDeadLetters": (
        60,
        {
            'freshet_dlq_records_total{reason="json"}': "0+2x600",
            "freshet_records_consumed_total": "0+100x600",
        },
        {"freshet_dlq_records_total": "0+1x600", "freshet_records_consumed_total": "0+200x600"},
    ),
    "FreshetModelStale": (
        90,
        {'freshet_registry_head_timestamp_seconds{pod="a"}': OLD},
        {'freshet_registry_head_timestamp_seconds{pod="a"}': NOW},
    ),
    "FreshetModelBehind": (
        30,
        {'freshet_registry_epoch{pod="a"}': "3x600", 'freshet_model_epoch{pod="a"}': "2x600"},
        {'freshet_registry_epoch{pod="a"}': "3x600", 'freshet_model_epoch{pod="a"}': "2x5 3x600"},
    ),
    "FreshetModelRefused": (
        60,
        {'freshet_model_swap_failures_total{reason="load"}': "0x50 1x550"},
        {'freshet_model_swap_failures_total{reason="load"}': "1x600"},
    ),
    "FreshetRegistryUnknown": (
        10,
        {'freshet_registry_known{pod="a"}': "1x5 0x600"},
        {'freshet_registry_known{pod="a"}': "1x600"},
    ),
    "FreshetVersionSkew": (
        30,
        {
            'freshet_model_info{pod="a",version="1"}': "1x600",
            'freshet_model_info{pod="b",version="2"}': "1x600",
        },
        {
            'freshet_model_info{pod="a",version="2"}': "1x600",
            'freshet_model_info{pod="b",version="2"}': "1x600",
        },
    ),
    "FreshetRebalanceStorm": (
        60,
        {'freshet_rebalances_total{pod="a"}': "0+3x600"},
        {'freshet_rebalances_total{pod="a"}': "0+1x600"},
    ),
    "FreshetRegistryUnreachable": (
        30,
        {'freshet_registry_reachable{pod="a"}': "1x5 0x600"},
        {'freshet_registry_reachable{pod="a"}': "1x600"},
    ),
    "FreshetTrainerGone": (
        90,
        {'freshet_trainer_is_active{pod="t"}': "1x60 stale _x540"},
        {'freshet_trainer_is_active{pod="t"}': "1x600"},
    ),
    "FreshetTrainerSplitBrain": (
        30,
        {'freshet_trainer_is_active{pod="t"}': "1x600", 'freshet_trainer_is_active{pod="u"}': "1x600"},
        {'freshet_trainer_is_active{pod="t"}': "0x600", 'freshet_trainer_is_active{pod="u"}': "1x600"},
    ),
    "FreshetTrainerStuck": (
        90,
        {'freshet_trainer_heartbeat_timestamp_seconds{pod="t"}': OLD},
        {'freshet_trainer_heartbeat_timestamp_seconds{pod="t"}': NOW},
    ),
    "FreshetCheckpointOld": (
        200,
        {
            'freshet_checkpoint_timestamp_seconds{pod="t"}': "60x600",
            'freshet_trainer_steps_total{pod="t"}': "0+2x600",
        },
        {
            'freshet_checkpoint_timestamp_seconds{pod="t"}': "60x600",
            'freshet_trainer_steps_total{pod="t"}': "7x600",
        },
    ),
}
"""The minute at which is asked, and the two courses, by alert."""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rules as they are rendered with the chart's own thresholds."""
    text = (CHART / "rules" / "freshet.yaml").read_text(encoding="utf8")
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf8"))
    for name, value in values["monitoring"]["thresholds"].items():
        text = text.replace(f"<{name}>", str(value))
    path = tmp_path_factory.mktemp("rules") / "freshet.yaml"
    path.write_text(text, encoding="utf8")
    return path


def test_every_alert_has_its_two_courses(rules: Path) -> None:
    """None is shipped that was never seen firing."""
    assert sorted(CASES) == sorted(re.findall(r"alert: (\w+)", rules.read_text(encoding="utf8")))


def test_promtool_takes_the_rules(promtool: str, rules: Path) -> None:
    """They are valid, and nothing about them is worth a remark."""
    done = subprocess.run(
        [promtool, "check", "rules", str(rules)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_fire_when_they_should_and_only_then(promtool: str, rules: Path, tmp_path: Path) -> None:
    """All cases in one run: a program's start is most of what a case costs."""
    tests = [
        one(alert, minute, series, n_firing)
        for alert, (minute, fires, quiet) in CASES.items()
        for n_firing, series in ((1, fires), (0, quiet))
    ]
    file = tmp_path / "tests.yaml"
    file.write_text(
        yaml.safe_dump({"rule_files": [str(rules)], "evaluation_interval": "1m", "tests": tests}),
        encoding="utf8",
    )
    done = subprocess.run([promtool, "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def one(alert: str, minute: int, series: Series, n_firing: int) -> dict[str, object]:
    """A test of promtool: so many of the alert are firing at that minute."""
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})',
                "eval_time": f"{minute}m",
                "exp_samples": [{"labels": "{}", "value": n_firing}] if n_firing else [],
            }
        ],
    }
