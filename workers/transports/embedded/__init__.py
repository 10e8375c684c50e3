# SPDX-License-Identifier: Apache-2.0
"""A durable, partitioned log in one SQLite file: no server, many processes.

- `transport`: `EmbeddedTransport`, its producer and its admin.
- `consumer`: a member of a group; outputs and positions are one transaction of the file.
- `log`: topics and records as rows of the tables.
- `packed_records`: many records as one block of bytes, which is what a row holds.
- `database`: one connection to the file, and its tables.
"""

from __future__ import annotations

from .transport import EmbeddedTransport

__all__ = ["EmbeddedTransport"]
