# SPDX-License-Identifier: Apache-2.0
"""Which tests are run under emulation: those that tell whether an ARM machine computes what others do.

All back ends and decoders, pipelines that spaCy saved and what it says with them, trained pipelines over
whole documents where FRESHET_DATA names them, and the starter. Not run: oracles, which know no float, files,
what is Python alone, and servers, which would be this machine's own. Most of the time is the compiler's,
emulated.
"""

TESTS = (
    "tests/engine/kernels/vector",
    "tests/engine/kernels/test_backend.py",
    "tests/engine/kernels/test_choice.py",
    "tests/engine/kernels/test_encoder.py",
    "tests/engine/kernels/ner/test_decoder.py",
    "tests/engine/kernels/parser/test_decoder.py",
    "tests/engine/spacy_files/test_golden.py::test_annotations_are_those_of_the_peer",
    "tests/engine/spacy_files/test_fixtures.py::test_all_layers_are_identical",
    "tests/engine/test_starter.py::test_the_starter_annotates",
)
TIMEOUT = 3600
"""Seconds a test: emulated, a compiler takes twenty times as long, and a machine may be busy."""
