# SPDX-License-Identifier: Apache-2.0
"""The tables over HTTP, and the command that serves them on an embedded log."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from schemas import Correction, LabelledSpan, Layer, encode_correction
from tests.served import read_json
from tests.servers.kafka import free_port
from tests.workers.support import create_topics, wait_until, write
from workers.http import METRICS_PATH, PATH, serve_tables
from workers.transports import OutgoingRecord, open_transport


def test_the_tables_are_served_to_this_machine_alone() -> None:
    """A name that another site's page made up for this machine gets nothing."""
    with closing(serve_tables(lambda: {"windows": {}})) as server:
        url = server.address + PATH
        with urllib.request.urlopen(url, timeout=5) as answer:
            assert json.load(answer) == {"windows": {}}
        for asked, host, status in ((url, "evil.example:80", 403), (server.address, "", 404)):
            request = urllib.request.Request(asked, headers={"Host": host} if host else {})
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(request, timeout=5)
            assert caught.value.code == status
            caught.value.close()


def test_what_prometheus_asks_for_is_made_of_the_same_tables() -> None:
    """At a path of its own, where somebody says how."""
    server = serve_tables(lambda: {"windows": {"0": 1}}, metrics=lambda report: b"%d" % len(report))
    with closing(server), urllib.request.urlopen(server.address + METRICS_PATH, timeout=5) as answer:
        assert answer.read() == b"1"
        assert answer.headers["Content-Type"].startswith("text/plain")


def test_the_command_works_on_an_embedded_log_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """It serves the counts of what it validated, and ends well at SIGTERM."""
    broker, port = f"embedded:{tmp_path}", free_port()
    with closing(open_transport(broker)) as transport, closing(transport.admin()) as admin:
        create_topics(transport, 2, ("corrections",))
        said = Correction(
            "c", "ada", "", "m", "Nike", {"ents": Layer("complete", [LabelledSpan(0, 4, "BRAND")])}
        )
        write(transport, [OutgoingRecord("corrections", encode_correction(said), b"m")])
        command = [sys.executable, "-m", "workers.cli", "stream-app", "--broker", broker, "--port", str(port)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        try:

            def labels() -> list[object]:
                tables = read_json(f"http://127.0.0.1:{port}{PATH}")
                return [window["labels"] for window in tables["windows"].values()] if tables else []

            wait_until(lambda: labels() == [{"ents": {"BRAND": 1}}])
            assert [len(info.bounds) for info in admin.topics()] == [2, 2, 2]
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()
            process.communicate()
