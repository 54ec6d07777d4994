"""Figures of real probes: what programs cost, and what they do to readers."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

from harness import ROOT, get, percentile, profiles, timed_gets, vacancy

sys.path.append(str(ROOT / "tests" / "support"))
from kube_objects import large_cluster  # noqa: E402
from kube_server import KubeServer  # noqa: E402

ROUNDS = 5
RUNS = 5000


def programs(command, **options):
    return [{"name": "programs", "kind": "exec", "ttl": "1h", "timeout": "60s", "command": command, "format": "nagios", **options}]


def sleepers():
    config = {"profiles": profiles(1000), "probes": programs(["sleep", "5"], concurrency=1000)}
    with vacancy(config) as running:
        before = running.cpu_seconds()
        status, body = get(running.hardware_port, "/hardware/?wait=60")
        took = time.perf_counter() - running.begin
        assert status == 200 and body.count(b'"FRESH"') == 1000, body.count(b'"FRESH"')
        cpu = running.cpu_seconds() - before
    yield "1,000 programs `sleep 5` at once: exec of `vacancy up` to all FRESH; own CPU per probe", "≤ 6.5 s; ≤ 1 ms", \
        f"{took:.2f} s; {cpu:.2f} ms"


def probes_per_second():
    """Real probes, whose readings are written."""
    with vacancy({"profiles": profiles(RUNS), "probes": programs(["/bin/true"], concurrency=16)}) as running:
        begin, first = time.perf_counter(), running.probes()
        while (count := running.probes()) < RUNS:
            end, last = time.perf_counter(), count
            time.sleep(0.05)
        assert last > first
        return (last - first) / (end - begin)


def xargs_per_second():
    begin = time.perf_counter()
    subprocess.run(["xargs", "-P", "16", "-n", "1", "/bin/true"], input="\n".join(map(str, range(RUNS))), text=True, check=True)
    return RUNS / (time.perf_counter() - begin)


def rate():
    pairs = [(probes_per_second(), xargs_per_second()) for _ in range(ROUNDS)]
    ratios = [ours / theirs for ours, theirs in pairs]
    yield f"{RUNS} probes `/bin/true`, 16 at once, beside `xargs -P 16`, {ROUNDS} rounds in turn", "≥ 0.9 of xargs", \
        f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}), " \
        f"{statistics.median(ours for ours, _ in pairs):.0f} probes/s"


def idle_seconds():
    """Of all cores, as proc(5) says."""
    with open("/proc/stat", encoding="ascii") as stat:
        return int(stat.readline().split()[4]) / os.sysconf("SC_CLK_TCK")


def isolation():
    """In turn, in one run: p99 of GET / of a service that is idle, and of one that burns both cores."""
    burning_programs = [
        {"name": f"programs-{i}", "kind": "exec", "match": {"provider": f"provider-{i}"}, "ttl": "1s", "timeout": "1s",
         "concurrency": 1, "command": ["/bin/sh", "-c", "while :; do :; done"]} for i in range(4)]
    busy = {"profiles": profiles(40), "probes": [
        *burning_programs, {"name": "cpu", "ttl": "1s", "timeout": "5s", "work": "cpu", "duration": "1s"}]}
    idle = {"profiles": profiles(40), "probes": [{"name": "idle", "ttl": "1h", "duration": "1ms"}]}
    cores = os.cpu_count()
    with vacancy(idle) as calm:
        get(calm.hardware_port, "/hardware/?wait=10")
        with vacancy(busy) as burning:
            deadline = time.monotonic() + 20
            while burning.metric(r"vacancy_probes_running\{[^}]*\}") < 5:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            before, begin = idle_seconds(), time.perf_counter()
            loaded = timed_gets(burning.port, "/", 3000)
            idled = (idle_seconds() - before) / (time.perf_counter() - begin) / cores
            assert idled < 0.05, f"the cores idle for {idled:.0%} of the time"
        quiet = timed_gets(calm.port, "/", 3000)
    ratio = percentile(loaded, 0.99) / percentile(quiet, 0.99)
    yield "p99 of `GET /` while simulated probes and programs burn both cores, to that of an idle service", "≤ 3×", \
        f"{ratio:.1f}× ({percentile(loaded, 0.99) * 1000:.2f} to {percentile(quiet, 0.99) * 1000:.2f} ms)"


def kubernetes():
    """Runs over a large cluster, one after the other. The first one, for which the server makes its pages, is not counted."""
    nodes, pods = 10_000, 50_000
    with KubeServer(*large_cluster(nodes, pods)) as server, tempfile.NamedTemporaryFile("w", suffix=".json") as kubeconfig:
        json.dump({"current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "c"}}],
                   "clusters": [{"name": "c", "cluster": {"server": server.url}}]}, kubeconfig)
        kubeconfig.flush()
        probe = {"name": "kubernetes", "kind": "kubernetes", "match": {"provider": "k8s"}, "kubeconfig": kubeconfig.name,
                 "subtract_pending": True, "discover": True, "ttl": "1s", "timeout": "5m"}
        with vacancy({"probes": [probe]}) as running:
            calm = running.resident_mb()

            def runs_until(count):
                deadline = time.monotonic() + 300
                while running.probes() < count:
                    assert time.monotonic() < deadline
                    time.sleep(0.02)
                return running.probes(), running.cpu_seconds(), running.metric(r"vacancy_probe_seconds_sum\{[^}]*\}")

            first, last = runs_until(2), runs_until(2 + ROUNDS)
            peak = running.peak_mb() - calm
            megabytes = sum(len(page) for page in server.pages.values()) / 1e6
    took, cpu = ((last[i] - first[i]) / (last[0] - first[0]) for i in (2, 1))
    yield f"a run of `kubernetes` over {nodes:,} nodes and {pods:,} pods ({megabytes:.0f} MB of JSON): time; CPU; memory", \
        "≤ 2 s; ≤ 2 s; ≤ 100 MB", f"{took:.2f} s; {cpu:.2f} s; {peak:.0f} MB"


TITLE = "Real probes"
PARTS = {"sleepers": sleepers, "rate": rate, "isolation": isolation, "kubernetes": kubernetes}
HOW = "`script/bench probes` (`bench/probes.py`)."
