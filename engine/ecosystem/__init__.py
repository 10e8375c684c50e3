# SPDX-License-Identifier: Apache-2.0
"""Pipelines that others trained: directories saved by spaCy 3, read safely and run with the same
annotations."""

from __future__ import annotations

from .folder import Folder
from .loading import SavedPipeline, find_saved, read_saved
from .readers import READERS, Reader, Source

__all__ = ["READERS", "Folder", "Reader", "SavedPipeline", "Source", "find_saved", "read_saved"]
