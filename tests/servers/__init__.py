# SPDX-License-Identifier: Apache-2.0
"""Real servers for tests and for playing: Apache Kafka and Redis, on loopback, in temporary folders."""
