# SPDX-License-Identifier: Apache-2.0
"""The Helm chart and what is written from it.

freshet     the chart
reference   its README.md and values.schema.json, written from values.yaml and the worker's settings
"""
