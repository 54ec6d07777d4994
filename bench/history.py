"""What happened to profiles: how long questions take, what it costs to write, and to delete."""

import contextlib
import json
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

from fleet import Fleet, insert_profiles
from harness import BIN, OPTIONS, ROOT, Program, against

sys.path.append(str(ROOT / "tests" / "support"))
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


class OnSqlite:
    """What Fleet is on MariaDB, as far as it is needed here."""

    def __init__(self):
        self.stack = contextlib.ExitStack()
        self.directory = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="vacancy-bench-")))
        self.file = self.directory / "vacancy.db"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()

    def hardware(self, config):
        program = Program("hardware", config, self.directory, "--database", f"sqlite:{self.file}", "--log-level", "warn", label="hardware")
        self.stack.callback(program.kill)
        return program

    def sql(self, statement):
        with contextlib.closing(sqlite3.connect(self.file, timeout=30, isolation_level=None)) as database:
            return "\n".join("\t".join(map(str, row)) for row in database.execute(statement).fetchall())

    def number(self, statement):
        return int(self.sql(statement))

    wait = Fleet.wait


def all_at_once(place, config):
    """Readings per second of one process from its first to its board, all due."""
    replica = place.hardware(config)
    place.wait("loaded", lambda: replica.metric("vacancy_profiles") == PROFILES, 300)
    begin = time.time()
    place.sql(f"UPDATE task SET due = {int(begin * 1e6)}")
    place.wait("all measured", lambda: replica.probes() >= PROFILES, 300, period=0.5)
    place.wait("all written", lambda: place.number(f"SELECT COUNT(*) FROM reading WHERE measured_at < {int(begin * 1e6)}") == 0)
    first, revision = place.number("SELECT MIN(measured_at) FROM reading"), place.number("SELECT revision FROM board")
    place.wait("on the board", lambda: replica.metric("vacancy_board_revision") >= revision)
    seconds = time.time() - first / 1e6
    replica.stop()
    return PROFILES / seconds


def service():
    """Through store and board of a hardware service, with the default history and with none."""
    config = {"probes": [{"name": "simulated", "ttl": "1h", "timeout": "30s", "duration": "0s"}]}
    none = {"hardware": {"history": dict.fromkeys(("transitions", "five_minutes", "hours", "days"), "0s")}}
    for kind, title in KINDS.items():
        with (OnSqlite if kind == "sqlite" else Fleet)() as place:
            place.hardware(config).stop()
            insert_profiles(place, PROFILES)
            replica = place.hardware(config)
            place.wait("all measured", lambda: place.number("SELECT COUNT(*) FROM reading WHERE measured_at > 0") == PROFILES, 300)
            replica.stop()
            rates = [[all_at_once(place, config | keys) for keys in ({}, none)] for _ in range(OPTIONS.rounds)]
        with_it, without = map(statistics.median, zip(*rates))
        yield f"{title}, {PROFILES:,} profiles due at once, instant probes that pick levels at random, one service: readings/s through store and board, " \
            "with history to without", "≥ 0.9", f"{with_it / without:.2f}{'' if with_it >= 0.9 * without else ' (missed)'} ({with_it:.0f} and {without:.0f} readings/s)"


def pruning():
    for kind, title in KINDS.items():
        with database(kind) as access:
            found = step("prune", access, PROFILES, 10_000_000)
        quiet, busy = found["claim_p99"]
        yield f"{title}, pruning some of 10 million transitions while 1,000 readings/s are written: p99 of a claim, without and with; longest write; longest step", \
            "claim p99 ≤ 1.5 times; no write over 100 ms longer", \
            f"{quiet:.1f} and {busy:.1f} ms; {found['finish_longest'][0]:.0f} and {found['finish_longest'][1]:.0f} ms; " \
            f"{found['longest_step']:.0f} ms ({found['rows'] / found['seconds']:.0f} rows/s)"


PARTS = {"questions": questions, "writing": writing, "service": service, "pruning": pruning}

TITLE = "History"
HOW = """`bench/history.cpp` calls the store itself: it adds transitions in the order of time, as they come, then asks 1,000
questions of each kind about random profiles and times, in a database that was just filled (MariaDB with 512 MB of buffers,
SQLite with 16 MB of its own). Writing counts claims and readings of one thread, in batches of 512."""
