# SPDX-License-Identifier: Apache-2.0
"""What comes before a worker's first record: its topics must exist, and its consumer is told how to
behave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..errors import SettingsError
from ..settings import WorkerSettings
from ..transports.address import shown_address
from ..transports.base import ConsumerOptions, Transport
from ..transports.topic_reader import topic_infos


def require_topics(transport: Transport, settings: WorkerSettings) -> None:
    """Look whether the topics exist. Raises: SettingsError with the missing ones and those that exist."""
    existing = topic_infos(transport)
    wanted = (settings.input_topic, settings.output_topic, settings.dead_letters_to)
    missing = [topic for topic in wanted if topic not in existing]
    if missing:
        raise SettingsError(
            f"worker -> topics: expected {', '.join(wanted)} in {shown_address(settings.broker)}, missing "
            f"are {', '.join(missing)}; make them with "
            f"`freshet topics create NAME`, those that exist: {', '.join(existing) or 'none'}"
        )


def consumer_options(
    settings: WorkerSettings, on_commit_step: Callable[[str], None] | None
) -> ConsumerOptions:
    """How a worker's consumer joins its group and commits; `on_commit_step` is called between the steps of
    each commit."""
    options = ConsumerOptions(
        group=settings.group,
        topics=(settings.input_topic,),
        delivery=settings.delivery,
        slot=settings.slot,
        start=settings.start,
        session_timeout=settings.session_timeout,
        max_poll_interval=settings.max_poll_interval,
        transaction_timeout=settings.transaction_timeout,
        commit_timeout=settings.commit_timeout,
    )
    return options if on_commit_step is None else replace(options, on_step=on_commit_step)
