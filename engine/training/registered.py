# SPDX-License-Identifier: Apache-2.0
"""The files of this folder that register functions, imported: what the registry asks for when somebody looks
up a reader, a batcher, an augmenter or a logger."""

from __future__ import annotations

from . import augmenters as augmenters
from . import batchers as batchers
from . import corpus as corpus
from . import duplicate_filter as duplicate_filter
from . import logger_chain as logger_chain
from . import logger_services as logger_services
from . import loggers as loggers
from . import rehearsal as rehearsal
