"""What replicas cost the database and the machine while little happens."""

import contextlib
import pathlib
import sqlite3
import tempfile
import time

from fleet import FLEET, Fleet
from harness import Program, against, profiles

REPLICAS = (1, 4, 20)
SECONDS = 20
QUIET = {"profiles": profiles(200), "probes": [{"name": "simulated", "ttl": "1h", "timeout": "30s", "duration": "0s"}]}
# What, the configuration, the goals by replicas, seconds until the first runs are spread.
CASES = (("nothing due", QUIET, (8, 32, 160), 3),
         ("each probed for 2 s every 10 s", FLEET, (219, 432, 1276), 25))
MILLION, MILLION_SECONDS = 1_000_000, 60


def questions(fleet):
    return int(fleet.server.sql("SHOW GLOBAL STATUS LIKE 'Questions'").split()[1])


def rates(fleet, hardware):
    """The database's questions per second and the CPU of the replicas, in milliseconds per second."""
    asked, cpu, begin = questions(fleet), sum(each.cpu_seconds() for each in hardware), time.monotonic()
    time.sleep(SECONDS)
    seconds = time.monotonic() - begin
    # Its own connection asked, too: two statements of the client, and the one that reads the number.
    return (questions(fleet) - asked - 3) / seconds, (sum(each.cpu_seconds() for each in hardware) - cpu) / seconds * 1000


def queries():
    for what, config, goals, settle in CASES:
        for count, goal in zip(REPLICAS, goals):
            with Fleet() as fleet:
                hardware = [fleet.hardware(config) for _ in range(count)]
                fleet.wait("all measured", lambda: fleet.number("SELECT COUNT(*) FROM reading WHERE measured_at IS NOT NULL") == 200)
                time.sleep(settle)
                asked, cpu = rates(fleet, hardware)
            yield f"{count} replicas, 200 profiles, {what}: statements of MariaDB per second", f"≤ {goal}", \
                f"{against(goal, asked, f'{asked:.0f}')}; {cpu / count:.2f} ms of CPU per second and replica"


def sqlite_program(stack, directory, config):
    program = Program("hardware", config | {"hardware": {"database": f"sqlite:{directory}/million.db"}}, directory, "--log-level", "warn")
    stack.callback(program.kill)
    return program


def fill_million(file):
    """Profiles with their tasks, which are due one after the other in an order that is not that of their ids."""
    spread, ids = 2654435761, range(1, MILLION + 1)
    with contextlib.closing(sqlite3.connect(file)) as database, database:
        database.executemany("INSERT INTO hardware (id, provider, name, revision) VALUES (?, ?, ?, 1)",
                             ((i, f"provider-{i % 10}", f"type-{i:07}") for i in ids))
        database.execute("INSERT INTO reading (profile_id, revision, probe, level, measured_at, stale_at, expires_at, took)"
                         " SELECT id, 1, 'simulated', 'LOW', 1, 1, 1, 1 FROM hardware")
        database.executemany("INSERT INTO task (profile_id, probe, due) VALUES (?, 'simulated', ?)",
                             ((i, 1 + i * spread % 3_600_000_000) for i in ids))


def million():
    """Readings per second of one process on SQLite, all profiles due."""
    config = {"probes": [{"name": "simulated", "ttl": "1h", "timeout": "30s", "duration": "0s"}]}
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vacancy-bench-")))
        sqlite_program(stack, directory, config).stop()
        fill_million(directory / "million.db")
        running = sqlite_program(stack, directory, config)
        cpu, first, begin, rates = running.cpu_seconds(), running.probes(), time.monotonic(), []
        for _ in range(MILLION_SECONDS // 5):
            before, at = running.probes(), time.monotonic()
            time.sleep(5)
            rates.append((running.probes() - before) / (time.monotonic() - at))
        cpu, done, seconds = running.cpu_seconds() - cpu, running.probes() - first, time.monotonic() - begin
        rate = done / seconds
        yield f"{MILLION:,} profiles due, SQLite, one process, instant probes: readings/s", "≥ 8,000", \
            f"{rate:.0f}{'' if rate >= 8000 else ' (missed)'} ({min(rates):.0f} to {max(rates):.0f} in 5 s);" \
            f" {cpu / done * 1e6:.0f} µs of CPU per reading; {running.resident_mb():.0f} MB"


PARTS = {"queries": queries, "million": million}

TITLE = "Idle and small loads, and a million profiles"
HOW = """`bench/idle.py` counts MariaDB's `Questions` and the CPU in `/proc/PID/stat` for 20 s, after the first runs. The million
profiles and their tasks are inserted with plain SQL into the SQLite file of one `hardware` process."""
