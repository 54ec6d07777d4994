"""What happened to profiles: how long questions take, what it costs to write, and to delete."""

import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile

from harness import BIN, ROOT, against

sys.path.insert(0, str(ROOT / "tests" / "support"))
import database_server  # noqa: E402

PROFILES, EACH = 100_000, 18
GOAL_MS = 50
KINDS = {"sqlite": "SQLite", "mariadb": "MariaDB"}


@contextlib.contextmanager
def database(kind):
    """A new database: its URL and the file of its password."""
    with tempfile.TemporaryDirectory(prefix="vacancy-bench-") as directory:
        if kind == "sqlite":
            yield "sqlite:" + str(pathlib.Path(directory) / "vacancy.db"), ""
            return
        with database_server.DatabaseServer(kind, options=["--innodb-buffer-pool-size=512M", "--innodb-log-file-size=512M"]) as server:
            server.sql("CREATE DATABASE vacancy")
            yield f"mysql://{server.user}@127.0.0.1:{server.port}/vacancy", server.password_file


def step(name, access, profiles, number=1):
    output = subprocess.run([BIN / "history", name, *access, str(profiles), str(number)], capture_output=True, text=True, check=True)
    return json.loads(output.stdout.splitlines()[-1])


def questions():
    for kind, title in KINDS.items():
        with database(kind) as access:
            size = step("fill", access, PROFILES, EACH)
            times = step("ask", access, PROFILES)
        yield f"{title}, 1.8 million transitions of 100,000 profiles: bytes of one with its indexes; of the numbers of a profile", \
            "reported", f"{size['bytes_per_transition']} bytes; two numbers, 14 days by five minutes {size['five_minutes'] / 1000:.0f} KB, " \
            f"386 days by hour {size['hours'] / 1000:.0f} KB, 5 years by day {size['days'] / 1000:.0f} KB"
        worst = max(p99 for _, p99 in times.values())
        yield f"{title}, … one profile's transitions of 90 days; a page of 100 rows of the board at a past time; the 100 latest of all; " \
            "one profile's 30 days by hour; 400 by day: p50, p99", f"p99 ≤ {GOAL_MS} ms", \
            against(GOAL_MS, worst, "; ".join(f"{p50:.1f}, {p99:.1f} ms" for p50, p99 in times.values()))


def writing():
    for kind, title in KINDS.items():
        with database(kind) as access:
            rates = step("write", access, 20_000, 5)
        yield f"{title}, claims and readings of one process, with history and without: nothing changes; every level at random; two numbers", \
            "≥ 0.9 where little changes", "; ".join(f"{with_ / without:.2f} ({with_} readings/s)" for with_, without in rates.values())


def pruning():
    for kind, title in KINDS.items():
        with database(kind) as access:
            found = step("prune", access, PROFILES, 10_000_000)
        quiet, busy = found["claim_p99"]
        yield f"{title}, pruning some of 10 million transitions while 1,000 readings/s are written: p99 of a claim, without and with; longest write; longest step", \
            "claim p99 ≤ 1.5 times; no write over 100 ms longer", \
            f"{quiet:.1f} and {busy:.1f} ms; {found['finish_longest'][0]:.0f} and {found['finish_longest'][1]:.0f} ms; " \
            f"{found['longest_step']:.0f} ms ({found['rows'] / found['seconds']:.0f} rows/s)"


PARTS = {"questions": questions, "writing": writing, "pruning": pruning}

TITLE = "History"
HOW = """`bench/history.cpp` calls the store itself: it adds transitions in the order of time, as they come, then asks 1,000
questions of each kind about random profiles and times, in a database that was just filled (MariaDB with 512 MB of buffers,
SQLite with 16 MB of its own). Writing counts claims and readings of one thread, in batches of 512."""
