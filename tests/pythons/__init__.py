# SPDX-License-Identifier: Apache-2.0
"""The suite under another Python: `make test-python VERSION=3.14`, or `python -m tests.pythons 3.14`, with
pytest's arguments behind it.

- `interpreters`: which versions there are to test, and where an interpreter of one is on this machine.
- `root`: a folder with a Debian that has that Python, made once by debootstrap.
- `inside`: goes into such a folder, with this checkout and this machine's way to PyPI.
- `suite`: an environment with Freshet and its development tools, and pytest in it; runs under that Python.
- `wheels`: `make wheels`: a wheel with machine code for each of these Pythons that is on this machine.
  `one_wheel`: that of the Python that runs it.
- `cache`: where environments and folders are kept.

Only the standard library is used: nothing is installed yet where this begins.
"""
