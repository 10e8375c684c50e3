# SPDX-License-Identifier: Apache-2.0
"""Memory that only loading machine code needs is given back, and what was compiled goes on working."""

from __future__ import annotations

import subprocess
import sys

import pytest

CODE = """
import engine
nlp = engine.load("models/en_starter")

def library():
    found, ours = 0, False
    for line in open("/proc/self/smaps"):
        first = line.split()[0]
        ours = "libllvmlite" in line if not first.endswith(":") else ours
        found += int(line.split()[1]) if ours and first == "Rss:" else 0
    return found

before = [(ent.text, ent.label) for ent in nlp("Ada Lovelace met Charles Babbage in London.").ents]
held = library()
again = [(ent.text, ent.label) for ent in nlp("Ada Lovelace met Charles Babbage in London.").ents]
assert library() < held / 2, (held, library())
assert before == again and before

import numpy as np
from numba import njit
assert njit(lambda x: x.sum() + 1)(np.arange(4)) == 7
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows and takes back pages")
def test_pages_of_the_compiler_are_given_back_after_the_first_batch() -> None:
    """More than half of LLVM's library leaves the process; annotations are the same, and more is compiled."""
    subprocess.run([sys.executable, "-c", CODE], check=True)


FORKED = """
import os
import engine
nlp = engine.load("models/en_starter")
nlp("Ada Lovelace met Charles Babbage in London.")
pid = os.fork()
if not pid:
    for _ in range(3):
        nlp("Ada Lovelace met Charles Babbage in London.")
    import numpy as np
    from numba import njit
    os._exit(0 if njit(lambda x: x.sum() + 1)(np.arange(4)) == 7 else 1)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows and takes back pages")
def test_pages_that_the_loader_wrote_stay_after_a_fork() -> None:
    """They belong to no file, and a forked process does not own them alone; it compiles on."""
    subprocess.run([sys.executable, "-c", FORKED], check=True)
