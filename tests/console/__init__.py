# SPDX-License-Identifier: Apache-2.0
"""The console in a real browser, over a real log and a real registry."""
