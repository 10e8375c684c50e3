# SPDX-License-Identifier: Apache-2.0
"""The engine on ARM without an ARM machine: `make test-arm`, or `python -m tests.arm`, with pytest's
arguments behind it.

- `root`: a folder with Debian's Python for arm64, its packages unpacked and never set up.
- `environment`: the base install's wheels for aarch64 beside it, and a script as its interpreter.
- `selection`: which tests are run.

Every process is one of QEMU's user mode: no virtual machine, no chroot, nothing registered with the kernel. A
test that starts `sys.executable` gets an emulated process as well, as that is the script; one that starts
another program gets this machine's. What can be seen so is whether results are right, not how fast.
"""
