# SPDX-License-Identifier: Apache-2.0
"""Matrix products through torch on the CPU."""
