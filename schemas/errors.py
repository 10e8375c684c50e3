# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a message."""

from __future__ import annotations


class SchemaError(Exception):
    """A message cannot be read or written; the message says what was expected, what came and what to do."""


class EncodeError(SchemaError):
    """A message holds something that JSON in UTF-8 cannot express, such as half of a surrogate pair."""


class DecodeError(SchemaError):
    """Bytes are not the message they should be.

    `reason` is one of `REASONS`: short and stable, made for metrics, dead letters and searches.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type[DecodeError], tuple[str, str]]:
        return type(self), (self.reason, str(self))


REASONS = frozenset(
    {
        "answer",
        "encoding",
        "heads",
        "json",
        "layer",
        "missing-field",
        "missing-text",
        "schema-header",
        "schema-major",
        "schema-name",
        "schema-registry",
        "score",
        "span",
        "status",
        "surrogate",
        "tokens",
        "too-long",
        "type",
    }
)
"""All values of `DecodeError.reason`; new ones may come, none will change its meaning."""
