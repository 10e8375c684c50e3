# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with the model registry; each message says what was expected, what came and what to
do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import WorkerError


class RegistryError(WorkerError):
    """The model registry could not do what was asked of it."""


class UnreachableError(RegistryError):
    """Redis does not answer; the same call works again once it is back."""


class UnknownRegistryError(RegistryError):
    """The registry is not the one that was known, came back empty, or does not go on from what was seen of
    it."""


class UnfitServerError(RegistryError):
    """The server would forget or evict models, or is too old."""


class UnknownVersionError(RegistryError):
    """There is no version of this number; the message lists those that there are."""


class RefusedError(RegistryError):
    """A rule forbids the step: a verdict is missing, failed or out of date, or the version's state does not
    allow it."""


class OtherFilesError(RefusedError):
    """The operation put a version before, and its files were others."""


class StaleHeadError(RefusedError):
    """Another champion was promoted since the head was read; read it again and decide again."""


class StaleWriterError(RefusedError):
    """A newer trainer has taken over; this one must stop."""


class TamperedError(RegistryError):
    """A file, a manifest or a signature is not what was put; the message names it."""


class MissingBlobError(RegistryError):
    """A blob or one of its chunks is not there; the message names it."""


@contextmanager
def as_written(what: str) -> Iterator[None]:
    """What stands in it reads values of the server, whatever they are. Raises: TamperedError, which names
    `what`, where they are not as Freshet wrote them."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise TamperedError(
            f"{what}: expected what Freshet wrote, got {type(error).__name__}: {str(error)[:200]}; somebody "
            "else writes to this server, or its data are damaged"
        ) from None
