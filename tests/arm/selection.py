# SPDX-License-Identifier: Apache-2.0
"""Which tests are run under emulation: those that tell whether an ARM machine computes what others do.

All kernels, pipelines that spaCy saved and what it says with them, trained pipelines over whole documents
where FRESHET_DATA names them, and the starter. Not run: what is Python alone, and servers, which would be
this machine's own.
"""

TESTS = (
    "tests/engine/kernels",
    "tests/engine/spacy_files/test_golden.py",
    "tests/engine/spacy_files/test_fixtures.py",
    "tests/engine/test_starter.py",
)
TIMEOUT = 1800
"""Seconds a test: emulated, a compiler takes twenty times as long."""
