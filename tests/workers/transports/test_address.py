# SPDX-License-Identifier: Apache-2.0
"""From an address to a log: what is understood, and what is refused in which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.transports import TransportError, open_transport


def test_confluent_is_gone_and_says_what_to_write(tmp_path: Path) -> None:
    """The address of the transport on librdkafka is refused with the forms that there are and its heir."""
    with pytest.raises(TransportError, match=r"kafka://HOST:PORT.*write kafka://a:9092,b:9092 for the same"):
        open_transport("confluent://a:9092,b:9092")


@pytest.mark.parametrize("address", ["", "kafka:", "kafka://", "embedded:", "redis://localhost"])
def test_an_address_of_no_known_form_is_refused_with_those_that_there_are(address: str) -> None:
    """Nobody guesses what was meant."""
    with pytest.raises(TransportError, match=r"has the form embedded:PATH, kafka://HOST:PORT"):
        open_transport(address)
