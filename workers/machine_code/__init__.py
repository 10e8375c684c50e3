# SPDX-License-Identifier: Apache-2.0
"""How a set of machine code is made: `python -m workers.machine_code LEVEL FOLDER`.

__main__.py  the command: work in a process of that level, its functions into a file
work.py      what calls every loop that annotating, training and learning call
toys.py      the small pipelines that it is done with
"""
