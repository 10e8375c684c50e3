# SPDX-License-Identifier: Apache-2.0
"""Strings that somebody means ill with, or that programs stumble over."""

from __future__ import annotations

HOSTILE = [
    "<script>window.hit = 1</script>",
    "<img src=x onerror='window.hit=1'>",
    "javascript:window.hit=1",
    "{{constructor.constructor('window.hit=1')()}}",
    "\u202eevil\u202c",
    "\x00\x01\x7f",
    "${window.hit=1}",
    "'\"><svg onload=window.hit=1>",
    "__proto__",
    "constructor",
    "&lt;b&gt;",
    "%3Cscript%3E",
    "\u2028\u2029",
    "a" * 300,
]
