# SPDX-License-Identifier: Apache-2.0
"""How loops are compiled, and how their machine code is shipped and kept.

loops.py           the decorators that loops are compiled with; import from the file
machine_code.py    what stands in place of Numba's cache: a shipped set, then files on disk, then the compiler
shipped.py         which set this process uses, and the CPU level in force
cpu_level.py       the levels, and which of them this CPU has
code_set.py        a set as a file
function_code.py   one compiled function as it is written into a set, and back
written_types.py   its types as JSON, and back
loaded_code.py     machine code as Numba holds it, made without waking the compiler
library_pages.py   gives memory back that only loading needs
compile_report.py  the log line about what was compiled after all

Docstring only: who merely looks for a name should not load Numba.
"""
