# SPDX-License-Identifier: Apache-2.0
"""`python -m tests.servers`: bring what the servers need, outside any test's time limit; one line for each
that cannot be had."""

from __future__ import annotations

import sys

from tests.servers.browser import find_browser
from tests.servers.kafka import find_java, find_libs
from tests.servers.redis import find_redis, find_tls_redis
from tests.servers.requirements import MissingServerError


def main() -> int:
    """Look for each thing, which installs or fetches it where that is allowed; never fails: the tests will
    say."""
    for find in (find_java, find_libs, find_redis, find_tls_redis, find_browser):
        try:
            find()
        except MissingServerError as error:
            print(f"tests that need it are skipped (under CI they fail): {error}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
