# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from workers.errors import SettingsError
from workers.settings import WorkerSettings, read_settings
from workers.settings.section import kinds


def test_later_layers_win() -> None:
    """Flags win over the environment, that over the file, and the file over the defaults."""
    section = {"group": "file", "input_topic": "file", "output_topic": "file"}
    settings = read_settings(
        section,
        {"FRESHET_INPUT_TOPIC": "env", "FRESHET_OUTPUT_TOPIC": "env"},
        {"worker.output_topic": "flag"},
    )
    assert (settings.delivery, settings.group, settings.input_topic, settings.output_topic) == (
        "exactly_once",
        "file",
        "env",
        "flag",
    )


def test_the_broker_alone_is_enough() -> None:
    """A worker runs with nothing but FRESHET_BROKER; other FRESHET variables are not its business."""
    settings = read_settings(
        environ={"FRESHET_BROKER": "kafka://h:9092", "FRESHET_CONSOLE": "x", "PATH": "/bin"}
    )
    assert settings == WorkerSettings(broker="kafka://h:9092")
    assert (settings.dead_letters_to, settings.group) == ("texts.dlq", "freshet-annotate")


def test_values_are_read_as_the_types_of_their_settings() -> None:
    """Strings of the environment and of flags become numbers where the setting is one."""
    settings = read_settings(
        environ={"FRESHET_COMMIT_INTERVAL": "0.5", "FRESHET_BATCHING_MAX_BATCH_TOKENS": "64"},
        flags={"threads": "3"},
    )
    assert (settings.commit_interval, settings.batching.max_batch_tokens, settings.threads) == (0.5, 64, 3)


def test_a_section_within_the_section_is_read() -> None:
    """`[worker.batching]` of a file sets the batching."""
    assert read_settings({"batching": {"max_batch_records": 7}}).batching.max_batch_records == 7


def test_how_sure_a_model_is_may_be_asked_for_from_everywhere() -> None:
    """A switch is a word in the environment, a value in a file, an option with a dot for a section within."""
    asked = read_settings(environ={"FRESHET_CONFIDENCE": "true", "FRESHET_ROUTE_MAX_ERROR": "0.05"})
    assert (asked.confidence, asked.route.max_error, asked.route.is_on) == (True, 0.05, True)
    flags = read_settings({"confidence": True}, flags={"worker.route.audit_share": "0.2"})
    assert (flags.confidence, flags.route.audit_share, flags.route.is_on) == (True, 0.2, False)
    for wrong in ({"FRESHET_CONFIDENCE": "yes"}, {"FRESHET_ROUTE_MAX_ERROR": "1"}):
        with pytest.raises(SettingsError, match=r"confidence|max_error"):
            read_settings(environ=wrong)


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    """FRESHET_X_FILE names a file whose text, without its last line end, is the value."""
    (tmp_path / "broker").write_text("kafka://secret:9092\n")
    assert (
        read_settings(environ={"FRESHET_BROKER_FILE": str(tmp_path / "broker")}).broker
        == "kafka://secret:9092"
    )


@pytest.mark.parametrize(
    ("section", "environ", "flags", "message"),
    [
        (
            {"gruop": "x"},
            {},
            {},
            "worker -> gruop: no such setting; those that exist: batching.max_batch_records",
        ),
        ({"batching": {"size": 1}}, {}, {}, "worker -> batching -> size: no such setting"),
        ({"threads": 1.5}, {}, {}, "worker -> threads: expected int, got 1.5 (float)"),
        ({"group": 3}, {}, {}, "worker -> group: expected str, got 3 (int)"),
        ({}, {"FRESHET_THREADS": "many"}, {}, "environment -> threads: expected int, got 'many' (str)"),
        (
            {},
            {},
            {"delivery": "once"},
            "flags -> delivery: expected one of exactly_once, at_least_once, got 'once'",
        ),
        ({}, {}, {"output_topic": "texts"}, "expected three different topics"),
        (
            {},
            {},
            {"batching.max_batch_tokens": 0},
            "worker -> batching -> max_batch_tokens: expected at least 1, got 0",
        ),
        (
            {},
            {"FRESHET_GROUP": "a", "FRESHET_GROUP_FILE": "b"},
            {},
            "either FRESHET_GROUP or FRESHET_GROUP_FILE, got both",
        ),
        (
            {},
            {"FRESHET_GROUP_FILE": "/nowhere/at/all"},
            {},
            "FRESHET_GROUP_FILE: expected a readable UTF-8 file",
        ),
        (
            {},
            {},
            {"health_port": 70000},
            "worker -> health_port: expected -1 (none), 0 (any) or a port up to 65535",
        ),
        ({"commit_interval": float("nan")}, {}, {}, "worker -> commit_interval: expected at least 0"),
    ],
)
def test_a_wrong_setting_is_an_error_with_its_place(
    section: dict, environ: dict, flags: dict, message: str
) -> None:
    """A wrong name, type or value is one error that shows the path, what was expected and what came."""
    with pytest.raises(SettingsError) as caught:
        read_settings(section, environ, flags)
    assert message in str(caught.value)


def test_every_setting_has_a_plain_type() -> None:
    """Settings are strings, choices and numbers, so that the environment can express all of them."""
    assert all(issubclass(kind, str | int | float) for kind in kinds(WorkerSettings).values())
