"""Tell whether the tests find their servers and programs; exit 1 and say what to do if not."""

import os
import sys

from tests.servers.pgbouncer import PgBouncerMissingError, find_pgbouncer
from tests.servers.postgresql import PostgresMissingError, find_binaries
from tests.servers.programs import PACKAGES, ProgramMissingError, find_program

try:
    if not os.environ.get("FAUCET_TEST_POSTGRES_DSN"):
        find_binaries()
    find_pgbouncer()
    for program in PACKAGES:
        find_program(program)
except (PostgresMissingError, PgBouncerMissingError, ProgramMissingError) as missing:
    sys.exit(str(missing))
