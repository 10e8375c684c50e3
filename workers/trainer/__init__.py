# SPDX-License-Identifier: Apache-2.0
"""Learning from corrections as they come: what is read, in which order it is learned, and how nothing is
learned twice."""
