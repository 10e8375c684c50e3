# SPDX-License-Identifier: Apache-2.0
"""The model registry: trained versions of a model in Redis, which of them serve, and the trainer's
exactly-once checkpoint. (The other registry, of functions named in configs, is `engine.config`.)

registry     `ModelRegistry`: put, verify, gate, promote, roll back, wait for a new head
client       from an address (embedded:, redis://, sentinel:// ...) to a registry
redis_server a server as a registry speaks to it: fit, its errors ours, scripts run whole
scripts/     what changes anything, in Lua: idempotent, fenced, audited; common.lua stands before each
version      `Version`, its lineage and state; `Head`, which of them serve; how two differ
manifest     what a version consists of, canonical and signed; its files, into and out of a folder
signatures   ed25519 or HMAC over manifests
ed25519      key pairs: what needs the extra `signing`
blobs        content-addressed bytes, in Redis or in a folder
checkpoint   the trainer's state and metrics
worker_register the workers that are there
audit        the chain of who changed what
access       user, password, certificates
checks       whether a server is fit to keep models
embedded     a Valkey of this host's own; guardian stops it when its users are gone
server_program which program that is: named, newer on the PATH, or bundled
server_release Redis or Valkey and its version; who reads whose data
stored_data  what embedded servers leave in a folder; a newer one takes it over, with a copy
version_diff what two versions say differently of one text (import the file: it needs the engine)
errors       what can go wrong
"""

from __future__ import annotations

from .access import Access, read_access
from .audit import AuditEntry
from .blobs import BlobStore, DirectoryBlobs, RedisBlobs
from .checkpoint import Checkpoint, MetricsRow
from .checks import ServerFacts
from .client import DEFAULT_NAME, REGISTRY, open_registry
from .errors import (
    MissingBlobError,
    OtherFilesError,
    RefusedError,
    RegistryError,
    StaleHeadError,
    StaleWriterError,
    TamperedError,
    UnfitServerError,
    UnknownRegistryError,
    UnknownVersionError,
    UnreachableError,
)
from .registry import MAX_FILE_BYTES, ModelRegistry
from .signatures import Signing, read_signing
from .version import STATES, Head, Lineage, Role, Version, VersionState, changed_fields, score_rows
from .worker_register import WorkerEntry

__all__ = [
    "DEFAULT_NAME",
    "MAX_FILE_BYTES",
    "REGISTRY",
    "STATES",
    "Access",
    "AuditEntry",
    "BlobStore",
    "Checkpoint",
    "DirectoryBlobs",
    "Head",
    "Lineage",
    "MetricsRow",
    "MissingBlobError",
    "ModelRegistry",
    "OtherFilesError",
    "RedisBlobs",
    "RefusedError",
    "RegistryError",
    "Role",
    "ServerFacts",
    "Signing",
    "StaleHeadError",
    "StaleWriterError",
    "TamperedError",
    "UnfitServerError",
    "UnknownRegistryError",
    "UnknownVersionError",
    "UnreachableError",
    "Version",
    "VersionState",
    "WorkerEntry",
    "changed_fields",
    "open_registry",
    "read_access",
    "read_signing",
    "score_rows",
]
