# SPDX-License-Identifier: Apache-2.0
"""Runs a container of a rendered pod as it stands, without Kubernetes: its arguments, environment, files,
user and read-only root, by bubblewrap.

In the image's place stand this machine's Python and libraries, read-only. Volumes are folders: secrets,
config maps and tokens with what they hold, the others empty. The network is this machine's.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import workers
from tests.servers.requirements import need_command

Pod = Mapping[str, Any]
Contents = Mapping[str, Mapping[str, bytes]]
"""Files of secrets and config maps by the object's name."""

SYSTEM = (
    "/usr",
    "/bin",
    "/lib",
    "/lib64",
    "/etc/ssl",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/alternatives",
)
TOKEN = "token"
"""Name of the pseudo secret whose file `token` a projected token is."""


@dataclass(frozen=True)
class Sandbox:
    """A container that runs."""

    process: subprocess.Popen[bytes]
    pid: int
    log_file: Path

    def stop(self, grace: float) -> int:
        """SIGTERM, as the kubelet sends it; the exit code. Raises: subprocess.TimeoutExpired after the grace
        period."""
        os.kill(self.pid, signal.SIGTERM)
        return self.process.wait(grace)

    @property
    def log(self) -> str:
        """What it said so far."""
        return self.log_file.read_text(errors="replace")


@contextmanager
def running_container(
    pod: Pod, container: Pod, contents: Contents, folder: Path, compiled: Path
) -> Iterator[Sandbox]:
    """A container for the time of the block; `compiled` is kept below its NUMBA_CACHE_DIR. Raises:
    MissingServerError without bubblewrap."""
    folder.mkdir(parents=True)
    log_file = folder / "log"
    told, tell = os.pipe()
    command = [
        need_command("bwrap", "bubblewrap", "install it (Debian: apt-get install bubblewrap)"),
        "--info-fd",
        str(tell),
        *_user(pod),
        *_root(),
        *_volumes(pod, container, contents, folder),
        *_environment(container, folder),
        *_cache(container, compiled),
        "--remount-ro",
        "/",
        sys.executable,
        "-m",
        "workers.cli",
        *(_expanded(word, container) for word in container["args"]),
    ]
    with log_file.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, pass_fds=(tell,))
    os.close(tell)
    with os.fdopen(told) as info:
        text = info.read()
    try:
        yield Sandbox(process, int(json.loads(text)["child-pid"]) if text else process.pid, log_file)
    finally:
        process.kill()
        process.wait()


def _user(pod: Pod) -> list[str]:
    context = pod["securityContext"]
    user = ["--unshare-user", "--uid", str(context["runAsUser"]), "--gid", str(context["runAsGroup"])]
    return [*user, "--cap-drop", "ALL", "--die-with-parent", "--new-session", "--unshare-ipc"]


def _root() -> list[str]:
    """A root of nothing but what a Python needs."""
    words = ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for place in SYSTEM:
        if Path(place).is_symlink():
            words += ["--symlink", os.readlink(place), place]
        elif Path(place).exists():
            words += ["--ro-bind", place, place]
    return words


def _python() -> list[str]:
    """Folders that modules come from."""
    code = Path(workers.__file__).resolve().parents[1]
    found = {Path(sys.prefix), Path(sys.base_prefix), code, *map(Path, sys.path)}
    places = sorted(str(each) for each in found if each.is_dir() and each.is_absolute())
    return [word for each in places if not each.startswith("/usr/") for word in ("--ro-bind", each, each)]


def _volumes(pod: Pod, container: Pod, contents: Contents, folder: Path) -> list[str]:
    """The container's mounts, and within /tmp, which is one of them, where this machine's Python may lie."""
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    words: list[str] = []
    for mount in container["volumeMounts"]:
        place = folder / "volumes" / mount["name"]
        place.mkdir(parents=True, exist_ok=True)
        for name, content in _files(volumes[mount["name"]], contents).items():
            (place / name).write_bytes(content)
        words += ["--ro-bind" if mount.get("readOnly") else "--bind", str(place), mount["mountPath"]]
    return [*words, *_python()]


def _files(volume: Pod, contents: Contents) -> Mapping[str, bytes]:
    if "secret" in volume:
        return contents[volume["secret"]["secretName"]]
    if "configMap" in volume:
        return contents[volume["configMap"]["name"]]
    return contents[TOKEN] if "projected" in volume else {}


def _environment(container: Pod, folder: Path) -> list[str]:
    """The container's variables and no others, but for what the image sets."""
    words = ["--clearenv", "--setenv", "PATH", f"{sys.prefix}/bin:/usr/bin:/bin"]
    words += ["--setenv", "PYTHONUNBUFFERED", "1", "--setenv", "PYTHONDONTWRITEBYTECODE", "1"]
    if os.environ.get("PYTHONPATH"):
        words += ["--setenv", "PYTHONPATH", os.environ["PYTHONPATH"]]
    for variable in container["env"]:
        words += ["--setenv", variable["name"], variable.get("value", folder.name)]  # else the pod's name
    return words


def _cache(container: Pod, compiled: Path) -> list[str]:
    """Machine code that an image has in it and a checkout has not."""
    place = next(each["value"] for each in container["env"] if each["name"] == "NUMBA_CACHE_DIR")
    compiled.mkdir(parents=True, exist_ok=True)
    return ["--bind", str(compiled), place]


def _expanded(word: str, container: Pod) -> str:
    for variable in container["env"]:
        word = word.replace(f"$({variable['name']})", variable.get("value", "pod-0"))
    return word
