# SPDX-License-Identifier: Apache-2.0
"""How loops are compiled, and how their machine code is kept.

loops.py         the decorators that loops are compiled with; import from the file
machine_code.py  machine code on disk, loaded without waking the compiler; only `loops` needs it

Docstring only: who merely looks for a name should not load Numba.
"""
