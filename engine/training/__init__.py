# SPDX-License-Identifier: Apache-2.0
"""Training: readers, batchers, loggers, scores and the loop. Import the modules; this package imports nothing
by itself."""
