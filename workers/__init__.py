# SPDX-License-Identifier: Apache-2.0
"""The workers: they stream texts through the engine, and their command line."""
