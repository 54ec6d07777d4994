"""Figures of the dashboard in a browser."""

import json
import statistics
import subprocess

from fleet import PORTALS, REPLICAS, Fleet, freshness
from harness import ROOT, get, percentile, profiles, simulated, vacancy

COUNT = 100_000
LOADS, RUNS = 20, 3
HOURS, RATE, REFETCHES = 8, 50, 2000
SHARES = (0.1, 0.5, 1)
SECONDS = 60
# 33 readings each second, each with a level at random.
CHANGING = {"profiles": profiles(100), "probes": simulated("3s", "500ms", "3s")}


def node(script, *args):
    command = ["node", ROOT / "bench" / script, *map(str, args)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def url(running):
    return f"http://127.0.0.1:{running.port}/"


def measured():
    """Many profiles, each measured once."""
    return vacancy({"profiles": profiles(COUNT), "probes": simulated("1h", "1ms")})


def until_measured(running):
    get(running.hardware_port, "/hardware/?wait=600", timeout=700)


def load():
    with measured() as running:
        until_measured(running)
        seen = node("browser_load.mjs", url(running), LOADS)
    requests, paints = seen["requests"], seen["paints"]
    yield f"first page of {COUNT:,} profiles in Chromium: requests, the event stream among them; bytes received before it", \
        "≤ 6; ≤ 60 KB", f"{len(requests)} ({', '.join(dict.fromkeys(requests))}); {seen['bytes'] / 1000:.1f} KB"
    yield f"… First Contentful Paint of {LOADS} loads with an empty cache: median, slowest", "≤ 300 ms", \
        f"{statistics.median(paints):.0f} ms, {max(paints):.0f} ms"


def lighthouse():
    subprocess.run([ROOT / "script" / "npm_packages", "bench/lighthouse"], check=True)
    with measured() as running:
        until_measured(running)
        pages = {"list": url(running), "profile": url(running) + "profile/provider-0/type-000000"}
        results = node("browser_lighthouse.mjs", RUNS, *pages.values())
    lowest = [min(each) for each in zip(*(result["scores"] for result in results))]
    names = {address: name for name, address in pages.items()}
    each = "; ".join(f"{names[result['url']]} {result['form']} {', '.join(map(str, result['scores']))}" for result in results)
    yield "Lighthouse: performance, accessibility, best practices; the lowest of list and profile page, mobile and desktop, " \
        f"medians of {RUNS}", "≥ 98, 100, 100", f"{', '.join(map(str, lowest))} ({each})"


def weights(points):
    heaps = [point["heap"] for point in points]
    text = ", ".join(f"{heap / 1e6:.2f}" for heap in heaps) + f" MB ({heaps[-1] / heaps[0] - 1:+.0%})"
    for what in ("nodes", "listeners"):
        text += f"; {', '.join(str(point[what]) for point in points)} {what}"
    return text + f"; {points[-1]['done']:,} in {points[-1]['seconds']:.0f} s"


def workday():
    with vacancy({"profiles": profiles(100), "probes": simulated("20ms", "0s")}) as running:
        seen = node("browser_workday.mjs", url(running), HOURS * 3600 * RATE, REFETCHES, *SHARES)
    marks = ", ".join(f"{share:.0%}" for share in SHARES)
    yield f"a page that takes {HOURS} h of {RATE} changes/s to its 100 rows: at {marks}, JS heap; DOM nodes; event listeners", \
        "heap ≤ +10%; the same", weights(seen["changes"])
    yield f"a list by level that fetches its rows anew {REFETCHES:,} times: as above", "the same", weights(seen["refetches"])


def delay_text(values):
    return f"p50 {percentile(values, 0.5):.0f} ms, p99 {percentile(values, 0.99):.0f} ms, slowest of {len(values)} {max(values):.0f} ms"


def pixels():
    with vacancy(CHANGING) as running:
        until_measured(running)
        yield "end of a probe → its level on the dashboard's screen, `vacancy up`", "p99 ≤ 150 ms", \
            delay_text(node("browser_pixels.mjs", SECONDS, url(running)))
    with Fleet() as fleet:
        hardware = [fleet.hardware(CHANGING) for _ in range(REPLICAS)]
        portals = [fleet.portal(*hardware) for _ in range(PORTALS)]
        fleet.wait("all fresh", lambda: set(freshness(portals[0])) == {"FRESH"})
        yield f"… {REPLICAS} replicas on MariaDB, at any of {PORTALS} portals", "p99 ≤ 600 ms", \
            delay_text(node("browser_pixels.mjs", SECONDS, *map(url, portals)))


TITLE = "In a browser"
PARTS = {"load": load, "lighthouse": lighthouse, "workday": workday, "pixels": pixels}
HOW = """`bench/browser.py` starts the programs and Chromium without a GPU on this machine's cores. Requests and bytes are from the
browser's log of its network, which knows what the SharedWorker and the tab's icon ask for. Changes are real ones of
`vacancy up`, as fast as it makes them, through the page's own stream, with the shared one's part inside the page so
that its memory counts; timers are not accelerated. A list is fetched anew as when a reader goes back to it, without the random
pause. Heap, nodes and listeners are the least of five looks after a garbage collection, while rows go on to change. A level
is on the screen at the end of the frame after the script wrote it; the window is high enough for all 100 rows, each
measured every 3 s in 0.5 s. Lighthouse is that of `bench/lighthouse`, which the run installs."""
