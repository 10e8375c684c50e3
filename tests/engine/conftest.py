# SPDX-License-Identifier: Apache-2.0
"""Settings of the engine's tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Compiled loops take seconds on their first call, which no deadline per example can tell from slowness.
settings.register_profile(
    "engine", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=100
)
settings.load_profile("engine")
