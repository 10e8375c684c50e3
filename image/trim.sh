#!/bin/sh
# Takes out of the environment $1 what no worker reads: tests, sources of what is compiled, symbols of LLVM.
set -eu
site=$(echo "$1"/lib/python3*/site-packages)
# torch is left whole: its compiler reads what looks like sources.
find "$site" -depth -type d \( -name tests -o -name test \) -not -path '*/torch/*' -exec rm -rf {} +
find "$site" -type f \( -name '*.c' -o -name '*.cpp' -o -name '*.pxd' -o -name '*.pyi' -o -name '*.pyx' \) \
  -not -path '*/torch/*' -delete
# Of the libraries that wheels bring this one alone may be stripped: others were moved by patchelf, which strip breaks.
strip --strip-unneeded "$site"/llvmlite/binding/libllvmlite.so
