# SPDX-License-Identifier: Apache-2.0
"""Dependency parsing over whole batches."""
