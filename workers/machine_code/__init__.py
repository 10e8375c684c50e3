# SPDX-License-Identifier: Apache-2.0
"""How a set of machine code is made: `python -m workers.machine_code LEVEL FOLDER`.

__main__.py  the command: a process of that level makes the set
making.py    what a process compiled, into a file
target.py    compiling for another CPU or another kind of machine
work.py      what calls every loop that annotating, training and learning call
toys.py      the small pipelines that it is done with
"""
