# SPDX-License-Identifier: Apache-2.0
"""The sample stream of `freshet up --demo`: texts written for it, and how they are fed."""
