# SPDX-License-Identifier: Apache-2.0
"""How a client gets in: user, password, certificates; secrets by files that are read again at each new
connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from redis.credentials import CredentialProvider

from ..errors import SettingsError

PREFIX = "FRESHET_REGISTRY_"


@dataclass(frozen=True, slots=True)
class Access:
    """What is needed beyond the address; each field may stand in the environment as
    FRESHET_REGISTRY_FIELD."""

    username: str = ""
    password: str = field(default="", repr=False)
    password_file: str = ""
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    sentinel_username: str = ""
    sentinel_password: str = field(default="", repr=False)
    sentinel_password_file: str = ""
    ephemeral: bool = False

    def tls(self) -> dict[str, object]:
        """Arguments of an encrypted connection: the server's certificate is always checked."""
        files = {"ssl_ca_certs": self.ca_file, "ssl_certfile": self.cert_file, "ssl_keyfile": self.key_file}
        return {"ssl_cert_reqs": "required", "ssl_check_hostname": True} | {
            name: path for name, path in files.items() if path
        }


class FilePassword(CredentialProvider):
    """User and password, the latter from a file, so that a mounted secret may change without a restart."""

    def __init__(self, username: str, path: str, variable: str) -> None:
        self._username, self._path, self._variable = username, path, variable

    def get_credentials(self) -> tuple[str] | tuple[str, str]:
        """Asked for at each new connection. Raises: SettingsError where the file cannot be read."""
        try:
            password = Path(self._path).read_text(encoding="utf-8-sig").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"environment -> {self._variable}: expected a readable UTF-8 file, got {self._path!r} "
                f"({error})"
            ) from error
        return (self._username, password) if self._username else (password,)


def read_access(environ: Mapping[str, str]) -> Access:
    """From FRESHET_REGISTRY_USERNAME, _PASSWORD[_FILE], _CA_FILE, _CERT_FILE, _KEY_FILE, _SENTINEL_...,
    _EPHEMERAL.

    Raises: SettingsError where a secret and its file are both given, or a switch is neither on nor off.
    """
    names = [name for name in Access.__dataclass_fields__ if name != "ephemeral"]
    values = {name: environ.get(PREFIX + name.upper(), "") for name in names}
    for name in ("password", "sentinel_password"):
        if values[name] and values[f"{name}_file"]:
            variable = PREFIX + name.upper()
            raise SettingsError(
                f"environment -> {variable}: expected either {variable} or {variable}_FILE, got both; unset "
                "one of them"
            )
    switch = environ.get(PREFIX + "EPHEMERAL", "").lower()
    if switch not in ("", "0", "1", "true", "false"):
        raise SettingsError(f"environment -> {PREFIX}EPHEMERAL: expected true or false, got {switch!r}")
    return Access(**values, ephemeral=switch in ("1", "true"))


def credentials(username: str, password: str, password_file: str, variable: str) -> dict[str, object]:
    """Arguments of a connection for this user; none without a user and a password."""
    if password_file:
        return {"credential_provider": FilePassword(username, password_file, variable)}
    return {name: value for name, value in (("username", username), ("password", password)) if value}
