"""``python bench/million.py``: the contractor's desk over a million requests against the same desk over a thousand.

A PostgreSQL of its own, two databases, and a desk for each in turn; prints medians and their ratios.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from paydesk.infra.migrations import migrate
from paydesk.stack.binaries import server_environment
from paydesk.stack.home import Folder
from paydesk.stack.servers import Postgres

SIZES = {"thousand": 1_000, "million": 1_000_000}
STARTS = 3
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
    with psycopg.connect(url, options="-c search_path=contractor", autocommit=True) as connection:
        connection.execute(FILL, {"rows": rows})
        connection.execute("VACUUM ANALYZE payment_request")
    return url


def desk(url: str) -> dict[str, Any]:
    """Run one desk to its end; returns what it measured, and the milliseconds from its start to its first rows."""
    began = time.perf_counter()
    program = [sys.executable, str(Path(__file__).with_name("million_desk.py")), url]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "rows\n", "the desk did not come up"
        start = (time.perf_counter() - began) * 1000
        found: dict[str, Any] = json.loads(process.stdout.readline())
    return found | {"start": start}


def main() -> None:
    """Measure in turn, so that what else the machine does meets both alike."""
    home = Path(tempfile.mkdtemp(prefix="pd-"))
    postgres, process = server(home)
    try:
        urls = {name: fill(postgres, name, rows) for name, rows in SIZES.items()}
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in SIZES}
        for _ in range(STARTS):
            for name, url in urls.items():
                found[name].append(desk(url))
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(home)
    small, large = found["thousand"], found["million"]
    assert {each["rows"] for each in large} == {SIZES["million"]}
    tell("start to first rows, ms", [e["start"] for e in small], [e["start"] for e in large])
    tell("resident after the start, MiB", [e["rss"] / 2**20 for e in small], [e["rss"] / 2**20 for e in large])
    tell("resident at the end, MiB", *([e["rss after"] / 2**20 for e in each] for each in (small, large)))
    for name in small[0]["ms"]:
        tell(f"{name}, ms", *([ms for e in each for ms in e["ms"][name]] for each in (small, large)))


def tell(name: str, small: list[float], large: list[float]) -> None:
    """Print both medians and their ratio."""
    one, other = statistics.median(small), statistics.median(large)
    print(f"{name:40} {one:9.1f} {other:9.1f}   x {other / one:.2f}", flush=True)


if __name__ == "__main__":
    main()
