# SPDX-License-Identifier: Apache-2.0
"""A real Kubernetes control plane on this machine, and what the chart does on it (`make cluster`)."""
