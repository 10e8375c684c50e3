# SPDX-License-Identifier: Apache-2.0
"""Kernels in vectors of this CPU (AVX-512 or AVX2)."""
