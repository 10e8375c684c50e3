# SPDX-License-Identifier: Apache-2.0
"""`[console]`: what the web console shows, whom it asks what, and what it listens on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..errors import SettingsError
from .section import NAME, PORT, SHARE, Section, at_least, between, setting
from .sources import SettingsSource, merge


@dataclass(frozen=True, slots=True)
class ConsoleSettings(Section):
    """Settings of `freshet console`."""

    place: ClassVar[str] = "console"

    host: str = setting("127.0.0.1", "Address that the console listens on.", NAME)
    port: int = setting(7117, "Its port; 0: any free one.", PORT)
    hosts: tuple[str, ...] = setting(
        (), "Names besides 127.0.0.1 and localhost by which browsers may ask for it, such as that of a proxy."
    )
    secure: bool = setting(
        False, "Browsers reach it by HTTPS, through a proxy: cookies are sent over nothing else."
    )
    trusted_proxy: str = setting(
        "", "Address of a proxy that is believed about who asks; empty: nobody is believed."
    )
    author_header: str = setting("", "Header by which that proxy names the person.")
    proxy_role: str = setting(
        "annotate", "What people that the proxy names may do: read, annotate, review or operate."
    )
    read_only: bool = setting(False, "Nobody may change anything.")
    window: int = setting(2_000, "Annotations of the newest texts that are kept to choose from.", at_least(1))
    window_bytes: int = setting(33_554_432, "Bytes of them at most.", at_least(1))
    at_once: int = setting(50, "Annotations of a partition that are read in one look at most.", at_least(1))
    look_interval: float = setting(0.25, "Seconds between two looks at a topic.", at_least(0.01))
    lease_seconds: int = setting(
        120,
        "Seconds for which a text belongs to who has it on the screen; renewed as long as it is there.",
        at_least(1),
    )
    ahead: int = setting(10, "Texts that a browser has ready.", between(1, 50))
    overlap_share: float = setting(0.1, "Share of the texts that two people are asked about.", SHARE)
    blind_share: float = setting(
        0.1,
        "Share of the texts that come without the model's opinion, to see how far it leads people.",
        SHARE,
    )
    held_out_percent: float = setting(
        10.0,
        "The trainer's `held_out_percent`: such corrections judge the model and are never learned.",
        between(0, 100),
    )
    learner_group: str = setting(
        "freshet-learn", "Group under which the trainer notes how far it has read.", NAME
    )

    def _check(self) -> None:
        if bool(self.trusted_proxy) != bool(self.author_header):
            raise SettingsError(
                "console -> trusted_proxy: expected it and author_header both or neither, got "
                f"{self.trusted_proxy!r} and {self.author_header!r}"
            )


def read_console_settings(
    section: Mapping[str, object] | None = None, flags: Mapping[str, object] | None = None
) -> ConsoleSettings:
    """Settings from a file's `[console]` section and flags, the later ones winning. Raises: SettingsError."""
    return merge(
        ConsoleSettings, (SettingsSource("console", section or {}), SettingsSource("flags", flags or {}))
    )
