# SPDX-License-Identifier: Apache-2.0
"""Trained versions of a model in Redis: put, gate, promote, roll back, serve; and the trainer's exactly-once
checkpoint."""

from __future__ import annotations

from .access import Access, read_access
from .address import open_registry
from .audit import AuditEntry
from .blobs import BlobStore, DirectoryBlobs, RedisBlobs
from .checkpoint import Checkpoint
from .checks import ServerFacts
from .errors import (
    FencedError,
    MissingBlobError,
    RefusedError,
    RegistryError,
    StaleHeadError,
    TamperedError,
    UnfitServerError,
    UnknownVersionError,
    UnreachableError,
)
from .head import Head
from .lineage import Lineage
from .metrics import MetricsRow
from .registry import ModelRegistry
from .signatures import Signing, read_signing
from .version import STATES, File, Version

__all__ = [
    "STATES",
    "Access",
    "AuditEntry",
    "BlobStore",
    "Checkpoint",
    "DirectoryBlobs",
    "FencedError",
    "File",
    "Head",
    "Lineage",
    "MetricsRow",
    "MissingBlobError",
    "ModelRegistry",
    "RedisBlobs",
    "RefusedError",
    "RegistryError",
    "ServerFacts",
    "Signing",
    "StaleHeadError",
    "TamperedError",
    "UnfitServerError",
    "UnknownVersionError",
    "UnreachableError",
    "Version",
    "open_registry",
    "read_access",
    "read_signing",
]
