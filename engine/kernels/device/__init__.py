# SPDX-License-Identifier: Apache-2.0
"""The encoder and the affine maps on a torch device."""
