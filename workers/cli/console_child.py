# SPDX-License-Identifier: Apache-2.0
"""The console of `freshet up`: a child like the others, and the link that logs this user in."""

from __future__ import annotations

import os
import socket
import time
from contextlib import closing

from confection import Config

from ..bundled import find_config
from ..console.sessions import Person, Role, open_sessions
from ..http import LOOPBACK
from ..settings import ConsoleSettings
from .fleet import Fleet
from .registry_options import this_user

START_SECONDS = 20.0
"""Until it answers at most; it takes about one on an idle machine."""


def serve_console(fleet: Fleet, learning: str, port: int | None) -> str:
    """Start it beside the fleet, with what the config that is learned with holds out, and wait until it
    answers; the line that says where it is."""
    port = free_port(port)
    percent = held_out_percent(learning)
    options = ["--port", str(port), "--data-dir", str(fleet.data_dir), "--held-out", str(percent)]
    fleet.start_console(*options, "--second-opinion" if fleet.feed is not None else "--no-second-opinion")
    deadline = time.monotonic() + START_SECONDS
    while not is_open(port) and time.monotonic() < deadline:
        fleet.check()
        time.sleep(0.05)
    token = open_sessions(fleet.data_dir, os.environ).link_token(Person(this_user(), Role.OPERATE))
    return f"console: http://{LOOPBACK}:{port}/login?token={token}"


def is_open(port: int) -> bool:
    """Whether somebody listens."""
    with closing(socket.socket()) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((LOOPBACK, port)) == 0


def held_out_percent(config: str) -> float:
    """What a bundled config of the trainer holds out."""
    learner = Config().from_disk(find_config(config), interpolate=False)["learner"]
    return float(learner["held_out_percent"])


def free_port(wanted: int | None) -> int:
    """The port that is wanted; else the usual one, or where that is taken any free one."""
    if wanted:
        return wanted
    for port in (ConsoleSettings().port, 0):
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return 0
