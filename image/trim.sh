#!/bin/sh
# Takes out of the environment $1 what no worker reads: tests, sources of what is compiled, symbols, lexers.
set -eu
site=$(echo "$1"/lib/python3*/site-packages)
# torch is left whole: its compiler reads what looks like sources.
find "$site" -depth -type d \( -name tests -o -name test \) -not -path '*/torch/*' -exec rm -rf {} +
find "$site" -type f \( -name '*.c' -o -name '*.cpp' -o -name '*.h' -o -name '*.pxd' -o -name '*.pyi' -o -name '*.pyx' \) \
  -not -path '*/torch/*' -delete
rm -rf "$site"/numpy/f2py "$site"/numpy/_core/_simd*.so "$site"/numba/cuda
find "$site" -name '*.a' -not -path '*/torch/*' -delete
# rich asks Pygments for lexers when it shows code, which Freshet does not.
find "$site/pygments/lexers" -name '*.py*' -not -name '__init__*' -not -name '_mapping*' -delete
# Symbols. A library that brings others of its own (a folder NAME.libs) was moved by patchelf, which strip breaks.
for library in $(find "$site" -name '*.so' -not -path '*/torch/*' -not -path '*.libs/*' -not -path '*/nvidia/*'); do
  package=${library#"$site"/}
  [ -d "$site/${package%%/*}.libs" ] || strip --strip-unneeded "$library"
done
# What is left must load.
"$1/bin/python" -c 'import engine, workers.cli.annotate, workers.cli.learn, numba, thinc.api, cryptography.fernet
from workers.bundled import find_model
engine.load(find_model("en_starter"))'
