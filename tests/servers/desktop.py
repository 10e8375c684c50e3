# SPDX-License-Identifier: Apache-2.0
"""A screen, a bus and a real screen reader (Orca), which says into a file what it would speak."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.requirements import MissingServerError, need_command

NEEDS = (
    ("Xvfb", "xvfb"),
    ("dbus-daemon", "dbus-daemon"),
    ("orca", "orca"),
    ("speech-dispatcher", "speech-dispatcher"),
    ("xdotool", "xdotool"),
)
LAUNCHER = Path("/usr/libexec/at-spi-bus-launcher")
SPOKEN = re.compile(r"SPEECH OUTPUT: '(.*)' ?\{")
START_SECONDS = 120.0
SETTINGS = {"sayAllOnLoad": False, "enableKeyEcho": False, "profile": ["Default", "default"]}
SPEECHD = 'AudioOutputMethod "alsa"\nAddModule "dummy" "sd_dummy" ""\nDefaultModule dummy\n'
SILENCE = "pcm.!default { type null }\nctl.!default { type null }\n"


@dataclass
class Desktop:
    """A screen that Orca reads. `environment` is for the programs that are shown on it."""

    environment: Mapping[str, str]
    log: Path

    def spoken(self) -> list[str]:
        """What was said so far, a piece an entry."""
        return SPOKEN.findall(self.log.read_text(errors="replace"))

    def press(self, keys: str) -> None:
        """A key as a person presses it, by xdotool's names: `shift+Right`."""
        command = ["xdotool", "key", "--clearmodifiers", keys]
        subprocess.run(command, env=self.environment, check=True, timeout=20)

    def focus(self, title: str) -> None:
        """Give the window of that title the keys."""
        command = ["xdotool", "search", "--sync", "--name", title, "windowfocus", "--sync"]
        subprocess.run(command, env=self.environment, check=True, timeout=60)


def find_orca() -> None:
    """Everything that a desktop needs; root on a Debian gets it installed where it is missing. Raises:
    MissingServerError."""
    for command, package in NEEDS:
        need_command(command, package, f"apt-get install {package}")
    if not LAUNCHER.exists():
        raise MissingServerError(f"{LAUNCHER} is missing: apt-get install at-spi2-core")


@contextmanager
def open_desktop(folder: Path) -> Iterator[Desktop]:
    """A screen with Orca, for as long as the block lasts. Raises: MissingServerError, TimeoutError."""
    find_orca()
    runtime, voice, log = folder / "runtime", folder / "runtime" / "speechd.sock", folder / "orca.log"
    runtime.mkdir(mode=0o700)
    _write_settings(folder)
    environment = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    environment |= {"HOME": str(folder), "XDG_RUNTIME_DIR": str(runtime), "GSETTINGS_BACKEND": "memory"}
    with ExitStack() as stack:
        screen = ("Xvfb", "-displayfd", "1", "-screen", "0", "1280x900x24")
        environment["DISPLAY"] = ":" + _first_line(stack, environment, *screen)
        bus = ("dbus-daemon", "--session", "--nofork", "--print-address=1")
        environment["DBUS_SESSION_BUS_ADDRESS"] = _first_line(stack, environment, *bus)
        environment["SPEECHD_ADDRESS"] = f"unix_socket:{voice}"
        own = str(folder)
        _start(
            stack, environment, "speech-dispatcher", "-s", "-t", "900", "-C", own, "-S", str(voice), "-L", own
        )
        _wait_until(voice.exists, "speech-dispatcher")
        _start(stack, environment, str(LAUNCHER), "--launch-immediately", "--a11y=1", "--screen-reader=1")
        _start(stack, environment, "orca", "--replace", "--debug-file", str(log), "-u", str(folder / "orca"))
        desktop = Desktop(environment, log)
        _wait_until(lambda: log.exists() and bool(desktop.spoken()), "Orca")
        yield desktop


def _write_settings(folder: Path) -> None:
    """A voice that says nothing into a sound card that is none, and an Orca that waits to be asked."""
    (folder / "speechd.conf").write_text(SPEECHD)
    (folder / ".asoundrc").write_text(SILENCE)
    (folder / "orca").mkdir()
    settings = {
        "general": {**SETTINGS, "startingProfile": SETTINGS["profile"]},
        "profiles": {"default": SETTINGS},
        "pronunciations": {},
        "keybindings": {},
    }
    (folder / "orca" / "user-settings.conf").write_text(json.dumps(settings))


def _start(stack: ExitStack, environment: Mapping[str, str], *command: str) -> subprocess.Popen[str]:
    said = Path(environment["HOME"]) / f"{Path(command[0]).name}.err"
    out = stack.enter_context(said.open("w"))
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=out, text=True, start_new_session=True
    )
    assert process.stdout is not None
    stack.callback(process.stdout.close)
    stack.callback(process.wait, 20)
    stack.callback(os.killpg, process.pid, signal.SIGKILL)
    return process


def _first_line(stack: ExitStack, environment: Mapping[str, str], *command: str) -> str:
    process = _start(stack, environment, *command)
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _wait_until(check: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not check():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come up in {START_SECONDS:.0f} s")
        time.sleep(0.1)
