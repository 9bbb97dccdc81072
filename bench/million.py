"""``python bench/million.py``: the contractor's desk over a million requests against the same desk over a thousand.

A PostgreSQL of its own, two databases, and a desk for each in turn, driven by keys without a terminal: from the key to
the rows that it asks for, painted.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from ratios import Ratio, arguments, report

from paydesk.infra.migrations import migrate
from paydesk.stack.binaries import server_environment
from paydesk.stack.home import Folder
from paydesk.stack.servers import Postgres

SIZES = (1_000, 1_000_000)
STARTS, TIMES, FILTERS = 3, 3, 10
FILL = """
INSERT INTO payment_request (id, request_version, number, contractor, requested_at, revision, amount_minor, currency,
    exponent, description, reference, due_date, terms_hash, request_hash, revision_received_at, decision_version,
    outcome, rejected_upto, cause_code, decided_revision, decided_amount_minor, decided_currency, decided_exponent,
    decided_description, decided_terms_hash, decided_by, decided_at, received_at,
    contractor_folded, terms_folded, decided_terms_folded)
SELECT gen_random_uuid(), 1, 'PR-' || 1000 + n, who, sent, 1, minor, currency, 2, words,
    CASE WHEN n %% 3 = 0 THEN 'INV-' || n END, CASE WHEN n %% 2 = 0 THEN sent::date + 30 END,
    md5(n::text), md5(n::text), sent, CASE WHEN NOT waits THEN 1 END,
    CASE WHEN waits OR no THEN 'none' ELSE 'accepted' END,
    CASE WHEN no THEN 1 ELSE 0 END, CASE WHEN no THEN 'duplicate' END, CASE WHEN NOT waits THEN 1 END,
    CASE WHEN NOT waits THEN minor END, CASE WHEN NOT waits THEN currency END, CASE WHEN NOT waits THEN 2 END,
    CASE WHEN NOT waits THEN words END, CASE WHEN NOT waits THEN md5(n::text) END,
    CASE WHEN NOT waits THEN 'bo' END, CASE WHEN NOT waits THEN sent + interval '30 s' END,
    CASE WHEN NOT waits THEN sent END, who, folded, CASE WHEN NOT waits THEN folded END
FROM (
    SELECT *, lower(words) || E'\\n' || CASE WHEN n %% 3 = 0 THEN 'inv-' || n ELSE '' END AS folded FROM (
    SELECT n, n > %(rows)s - greatest(200, %(rows)s / 100) AS waits,
        n %% 9 = 0 AND n <= %(rows)s - greatest(200, %(rows)s / 100) AS no,
        CASE WHEN n %% 5 = 0 THEN 'ada' ELSE 'contractor-' || n::bigint * 7919 %% 11 END AS who,
        now() - (%(rows)s - n) * interval '1 minute' AS sent, 100 + n::bigint * 104729 %% 10000000 AS minor,
        (ARRAY['EUR', 'EUR', 'EUR', 'USD', 'GBP'])[1 + n %% 5] AS currency,
        (ARRAY['Invoice', 'Logo design', 'Hotel and travel', 'Licence renewal', 'Photo set', 'Site survey'])[1 + n %% 6]
            || ' ' || md5(n::text) AS words
    FROM generate_series(1, %(rows)s) n
) AS made) AS all_of_them
"""


def server(home: Path) -> tuple[Postgres, "subprocess.Popen[bytes]"]:
    """Start a PostgreSQL in a folder of its own."""
    postgres = Postgres(Folder(home))
    postgres.prepare()
    log = (home / "postgres.log").open("wb")
    process = subprocess.Popen(postgres.command(), env=server_environment(), stdout=log, stderr=log)
    while not postgres.ready():
        assert process.poll() is None, (home / "postgres.log").read_text()
        time.sleep(0.1)
    postgres.provision()
    return postgres, process


def fill(postgres: Postgres, name: str, rows: int) -> str:
    """Make a database with so many requests; returns the contractor's URL of it."""
    with psycopg.connect(postgres.url("stack", "postgres"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    postgres.provision_database(name)
    url = postgres.url("contractor", name)
    migrate(url, "contractor")
    fill_table(url, rows)
    return url


def fill_table(url: str, rows: int) -> None:
    """Put so many requests into the contractor's schema."""
    with psycopg.connect(url, options="-c search_path=contractor", autocommit=True) as connection:
        connection.execute(FILL, {"rows": rows})
        connection.execute("VACUUM ANALYZE payment_request")


def desk(url: str, *how_much: int) -> dict[str, Any]:
    """Run one desk to its end; returns what it measured, and the milliseconds from its start to its first rows.

    ``how_much`` is what ``million_desk.py`` takes.
    """
    began = time.perf_counter()
    program = [sys.executable, str(Path(__file__).with_name("million_desk.py")), url, *map(str, how_much)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "rows\n", "the desk did not come up"
        start = (time.perf_counter() - began) * 1000
        measured: dict[str, Any] = json.loads(process.stdout.readline())
    return measured | {"start": start}


def measure(sizes: tuple[int, int], starts: int, how_much: tuple[int, int]) -> Iterator[Ratio]:
    """Measure in turn, so that what else the machine does meets both alike."""
    home = Path(tempfile.mkdtemp(prefix="pd-"))
    postgres, process = server(home)
    try:
        urls = [fill(postgres, f"requests_{rows}", rows) for rows in sizes]
        small, large = zip(*([desk(url, *how_much) for url in urls] for _ in range(starts)), strict=True)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(home)
    assert {desk["rows"] for desk in large} == {sizes[1]}
    against = f"the same over {sizes[0]:,}"
    turns = list(zip(small, large, strict=True))
    yield Ratio.of(
        "start to the first rows", "ms", against, [(thousand["start"], million["start"]) for thousand, million in turns]
    )
    for when, key in (("start", "rss"), ("end", "rss after")):
        pairs = [(thousand[key] / 2**20, million[key] / 2**20) for thousand, million in turns]
        yield Ratio.of(f"resident memory at the {when}", "MiB", against, pairs)
    for name in small[0]["ms"]:
        times = [(thousand["ms"][name], million["ms"][name]) for thousand, million in turns]
        pairs = [(statistics.median(few), statistics.median(many)) for few, many in times]
        yield Ratio.of(name, "ms", against, pairs)


def main() -> None:
    """Measure, and print the table."""
    parser = arguments(__doc__)
    parser.add_argument("--starts", type=int, default=STARTS)
    given = parser.parse_args()
    sizes, starts, much = ((1_000, 3_000), 1, (1, 2)) if given.quick else (SIZES, given.starts, (TIMES, FILTERS))
    report(measure(sizes, starts, much), given.json)


if __name__ == "__main__":
    main()
