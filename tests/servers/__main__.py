"""Tell whether the servers of the tests can be started here; exit 1 and say what to do if not."""

import os
import sys

from tests.servers.postgresql import PostgresMissingError, find_binaries

if not os.environ.get("FAUCET_TEST_POSTGRES_DSN"):
    try:
        find_binaries()
    except PostgresMissingError as missing:
        sys.exit(str(missing))
