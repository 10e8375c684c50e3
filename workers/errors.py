# SPDX-License-Identifier: Apache-2.0
"""What can go wrong in a worker, apart from the log (`TransportError`) and from single records (dead
letters)."""

from __future__ import annotations


class WorkerError(Exception):
    """A worker could not do its work; the message says what was expected, what came and what to do."""


class SettingsError(WorkerError):
    """A setting has a wrong name, type or value; the message names it as `section -> key`."""


class ModelError(WorkerError):
    """The model fails even on text that is known to be good, so no record can be blamed for it."""
