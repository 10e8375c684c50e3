# SPDX-License-Identifier: Apache-2.0
"""Entity recognition over whole batches."""
