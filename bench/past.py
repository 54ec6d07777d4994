"""Figures of questions about the past: what `GET /` costs while as many as may be under way are."""

import json
import pathlib
import sqlite3
import subprocess
import tempfile
import time

from harness import BIN, OPTIONS, Vacancy, get
from ratios import compared
from servers import LOAD_CORE, pinned

PROFILES = 1000
# A change in two hours, for 90 days.
TRANSITIONS = 1080
# As many as the services take at a time: none is refused.
QUESTIONS = 8
SECONDS, RATE, CLIENTS = 3, 1000, 64
CONFIG = {"probes": [{"name": "simulated", "ttl": "10m", "timeout": "30s", "duration": "10ms"}],
          "profiles": [{"provider": f"provider-{i % 10}", "name": f"type-{i:06}"} for i in range(PROFILES)]}
# Each asks for another profile and another time, so that no answer is kept.
ASKS = f"""request = function()
  local i = math.random(0, {PROFILES - 1})
  return wrk.format("GET", string.format("/api/v1/hardware/provider-%d/type-%06d/history?since=%dm&limit=1000", i % 10, i, math.random(60, 129600)))
end
"""


def fill(data):
    """Profiles with readings, and a past that is inserted with SQL."""
    running = Vacancy(CONFIG, data)
    get(running.hardware_port, "/hardware/?wait=60")
    running.stop()
    database = sqlite3.connect(pathlib.Path(data) / "vacancy.db")
    now, step = time.time_ns() // 1000, 2 * 3600 * 1_000_000
    # States: FRESH and LOW, MEDIUM or HIGH.
    database.execute(f"""
      INSERT INTO transition (profile_id, at, revision, state, reason)
        SELECT h.id, {now} - n.i * {step} - h.id, h.revision, 11 + (n.i + h.id) % 3, '42 of 64 nodes idle'
        FROM hardware h, (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {TRANSITIONS}) SELECT i FROM n) n""")
    database.commit()
    database.close()


def load(port, file):
    """p99 of `GET /` in milliseconds, at a rate that leaves room."""
    command = [*pinned(LOAD_CORE), BIN / "load", port, file, 200, 0, CLIENTS, SECONDS, RATE]
    result = json.loads(subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, text=True, check=True).stdout)
    assert result["errors"] == 0, result
    return result["p99"] / 1000


class Questions:
    """QUESTIONS clients that ask about the past without a pause, and take as little as they can from the others."""

    def __init__(self, port, script):
        self.process = subprocess.Popen(["nice", "-n", "19", "wrk", "-t1", f"-c{QUESTIONS}", f"-d{SECONDS + 2}s", "--latency", "-s", script,
                                         f"http://127.0.0.1:{port}"], stdout=subprocess.PIPE, text=True)
        time.sleep(1)

    def end(self):
        text = self.process.communicate()[0]
        assert "Requests/sec" in text, text
        return float(text.split("Requests/sec:")[1].split()[0])


def past():
    with tempfile.TemporaryDirectory(prefix="vacancy-bench-") as data:
        fill(data)
        file, script = pathlib.Path(data) / "get", pathlib.Path(data) / "asks.lua"
        file.write_bytes(b"GET / HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n\r\n")
        script.write_text(ASKS)
        running = Vacancy(CONFIG, data)
        get(running.hardware_port, "/hardware/?wait=60")
        load(running.port, file)
        without, with_them, rates = [], [], []
        for _ in range(3 * OPTIONS.rounds):
            without.append(load(running.port, file))
            questions = Questions(running.port, script)
            with_them.append(load(running.port, file))
            rates.append(questions.end())
        outcomes = {name: int(running.metric(f'vacancy_history_requests_total\\{{outcome="{name}",server="hardware"\\}}'))
                    for name in ("answered", "refused", "late", "failed")}
        running.stop()
    median, text = compared(with_them, without, "ms", 2)
    told = ", ".join(f"{count:,} {name}" for name, count in outcomes.items() if count)
    yield f"{QUESTIONS} questions about the past at a time, of {PROFILES:,} profiles with {TRANSITIONS:,} transitions each: p99 of `GET /` with and without, {RATE:,} requests/s", \
        "≤ 1.2×", f"{text}{'' if median <= 1.2 else ' (missed)'}; {min(rates):.0f} to {max(rates):.0f} questions/s ({told})"


TITLE = "The past"
PARTS = {"past": past}
HOW = f"""`script/bench past` (`bench/past.py`): `vacancy up` on SQLite, all on the same cores. The past is inserted with SQL. In each round
`bench/load.cpp` loads `GET /` for {SECONDS} s without and with `wrk` at nice 19 asking for other profiles and times, 1,000 transitions at
most each, so that no answer is kept. The ratio is that of a round."""
