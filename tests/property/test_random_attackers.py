"""Random requests learn nothing of what their role may not see, and change nothing of it."""

import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.databases import DIALECTS, Database, scratch
from tests.property.attackers.requests import Attack, attack
from tests.property.attackers.roles import Role, roles
from tests.property.attackers.tables import TABLES
from tests.property.attackers.twins import Twins, open_twins
from tests.property.attackers.verdicts import Outcome, verdict

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.promise("sec-06"),
    pytest.mark.promise("sec-10"),
    pytest.mark.promise("sec-11"),
]
_REQUESTS = int(os.environ.get("FAUCET_ATTACKS", "400"))
"""A few for each run of the suite; 20,000 make the long run, which also prints its answers."""
_SEED = int(os.environ.get("FAUCET_ATTACKS_SEED", "20261127"))
_PER_FILL = 20
_DOCUMENTS = ("/openapi.json", "/api/v1/shop/_doc", "/api/v1/shop/_table")


@pytest.fixture(params=DIALECTS)
def databases(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Database, Database]]:
    """Two empty databases of each dialect in turn."""
    with (
        scratch(request.param, request, tmp_path) as here,
        scratch(request.param, request, tmp_path) as twin,
    ):
        yield here, twin


@pytest.mark.fault("attacks.random")
async def test_databases_that_differ_in_what_is_hidden_answer_alike(
    databases: tuple[Database, Database], capsys: pytest.CaptureFixture[str]
):
    chance = random.Random(_SEED)
    everyone = roles(chance)[: _REQUESTS // _PER_FILL]
    answers: Counter[tuple[str, int]] = Counter()
    faults: list[str] = []
    async with open_twins(*databases, everyone) as twins:
        for number in range(_REQUESTS // _PER_FILL):
            role = everyone[number % len(everyone)]
            twins.fill(role, chance)
            async for fault in _round(twins, role, chance, answers):
                faults.append(f"round {number}, {role}: {fault}")
                break
    if "FAUCET_ATTACKS" in os.environ:
        with capsys.disabled():
            print(f"\n{databases[0].dialect}, seed {_SEED}: {sorted(answers.items())}")
    shown = "\n\n".join(faults[:5])
    assert not faults, f"{len(faults)} differences with the seed {_SEED}\n{shown}"


async def _round(
    twins: Twins, role: Role, chance: random.Random, answers: Counter[tuple[str, int]]
) -> AsyncIterator[str]:
    """Read all that the role sees, then send requests one after the other; yield what is wrong."""
    for url in _DOCUMENTS:
        here, twin = [await side.get(role.name, url) for side in twins.sides]
        # The ETag is of the whole manifest, which names the database.
        if (here[0], here[2]) != (200, twin[2]):
            yield f"{url} differs:\n{here}\n{twin}"
    for table in TABLES if "GET" in role.verbs else ():
        if fault := await _compare(twins, role, table):
            yield fault
    for _ in range(_PER_FILL):
        sent = attack(chance, role.refused)
        status, fault = await _try(twins, role, sent)
        answers[sent.method, status] += 1
        if fault:
            yield f"{sent}\n{fault}"


async def _compare(twins: Twins, role: Role, table: str) -> str:
    """Return what is wrong if a list is not of exactly the rows that the rule means."""
    for side in twins.sides:
        listed, meant = await side.ids(role.name, table), side.state().ids(role.rule, table)
        if listed != meant:
            return f"{table} lists {listed}, not {meant}"
    return ""


async def _try(twins: Twins, role: Role, sent: Attack) -> tuple[int, str]:
    """Send to both; return the status, and what was wrong, if anything."""
    before = [] if sent.reads else [side.state() for side in twins.sides]
    here, twin = [await side.ask(role.name, sent) for side in twins.sides]
    if here != twin:
        return here[0], f"answers differ:\n{here}\n{twin}"
    after = [side.state() for side in twins.sides] if before else []
    outcome = Outcome(role=role, sent=sent, dialect=twins.dialect, before=before, after=after)
    fault = verdict(outcome)
    return here[0], f"{here}\n{fault}" if fault else ""
