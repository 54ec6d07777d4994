"""Figures of alerts: from a transition to the webhook, and what outages of receivers and replicas leave of the messages."""

import itertools
import sys
import threading
import time

from fleet import Fleet
from harness import ROOT, against, get, json, percentile

sys.path.append(str(ROOT / "tests" / "support"))
import alert_receivers  # noqa: E402

FLIPS = 200
PROFILES, TURNS = 100, 10
OUTAGE = 600.0
AT_ONCE = {"keep_firing_for": "0s", "group_interval": "0s", "group_by": ["name"]}


def config(levels, hook, names, ttl="1s", **rule):
    return {"profiles": [{"provider": "Amazon", "name": name} for name in names], "probes": [levels.probe(ttl=ttl)],
            "alerts": {"receivers": [{"name": "hook", "url": hook.url}],
                       "rules": [{"name": "up", "when": {"reaches": "HIGH"}} | AT_ONCE | rule]}}


def turn(fleet, replica, levels, level, names):
    """Sets the level of all, and waits until it is measured."""
    levels.levels.update(dict.fromkeys(names, level))
    fleet.wait(f"all are {level}", lambda: all(row["availability"] == level for row in json.loads(get(replica.port, "/hardware/")[1])))


def arrival():
    """One profile that turns again and again, with the default group_wait and without one."""
    for what, rule in (("the default group_wait of 500 ms", {}), ("no group_wait", {"group_wait": "0s"})):
        with Fleet() as fleet, alert_receivers.Levels() as levels, alert_receivers.Hook() as hook:
            replica = fleet.hardware(config(levels, hook, ["c5"], "500ms", **rule))
            for number in range(FLIPS):
                turn(fleet, replica, levels, "LOW" if number % 2 else "HIGH", ["c5"])
            fleet.wait("all are told", lambda: sum(map(len, hook.items().values())) >= FLIPS)
            seconds = [attempt.at - alert_receivers.seconds_of(item["at"]) for attempt in hook.accepted() for item in attempt.json["items"]]
            p99 = percentile(seconds, 0.99)
            yield f"transition → webhook received, {what}, MariaDB: p99", "≤ 2 s", \
                f"{against(2, p99, f'{p99:.2f} s')} (median {percentile(seconds, 0.5):.2f} s, {len(seconds)} transitions)"


def check(hook, names, turns):
    """How many transitions were told, and in how many profiles something is missing, doubled or out of order."""
    told = hook.items()
    wrong = [name for name in names if [item["firing"] for item in told.get(f"Amazon/{name}", [])] != [number % 2 == 0 for number in range(turns)]]
    return sum(map(len, told.values())), wrong


def outage(what, fails, kills):
    """1,000 transitions of 100 profiles. The receiver fails for OUTAGE from the first; a replica is killed while a delivery is
    under way, and another one starts."""
    held = threading.Event()
    faults = itertools.cycle([503, "drop", "cut", 500])
    names = [f"p{number:03}" for number in range(PROFILES)]
    with Fleet() as fleet, alert_receivers.Levels() as levels, alert_receivers.Hook() as hook:
        settings = config(levels, hook, names, group_wait="0s") | {"hardware": {"lease": "15s"}}
        first, second = fleet.hardware(settings), fleet.hardware(settings)
        fleet.wait("one sends", lambda: "evaluates and sends alerts" in first.said() + second.said())
        sender, other = (first, second) if "evaluates and sends alerts" in first.said() else (second, first)
        begin = time.monotonic()
        if fails:
            hook.behave = lambda number: next(faults)
        for number in range(TURNS):
            if kills and number == TURNS // 2:
                hook.behave = lambda number: lambda: held.wait(60) and 503
                before = len(hook.attempts)
                turn(fleet, other, levels, "LOW" if number % 2 else "HIGH", names)
                fleet.wait("a delivery under way", lambda: len(hook.attempts) > before)
                sender.kill()
                hook.behave = (lambda number: next(faults)) if fails else (lambda number: 200)
                held.set()
                continue
            turn(fleet, other, levels, "LOW" if number % 2 else "HIGH", names)
        if fails:
            time.sleep(max(0.0, begin + OUTAGE - time.monotonic()))
            hook.behave = lambda number: 200
        over = time.monotonic()
        fleet.wait("all are told", lambda: check(hook, names, TURNS)[0] >= PROFILES * TURNS, seconds=600)
        seconds, (told, wrong) = time.monotonic() - over, check(hook, names, TURNS)
        repeats = len([attempt for attempt in hook.attempts if attempt.accepted]) - len(hook.accepted())
        yield f"{what}: transitions of {PROFILES * TURNS:,} that arrive, in order per profile", "all", \
            f"{told}{f', wrong in {len(wrong)} profiles (missed)' if wrong or told != PROFILES * TURNS else ''}; {repeats} repeats, all with" \
            f" known ids; the last one {seconds:.0f} s after the {'receiver works again' if fails else 'last transition'}"


PARTS = {"arrival": arrival,
         "outages": lambda: (row for case in (("a receiver that fails for 10 min", True, False),
                                              ("a replica killed in the middle of a delivery", False, True),
                                              ("both at once", True, True)) for row in outage(*case))}

TITLE = "Alerts"
HOW = """`bench/alerts.py` runs `hardware` on MariaDB with a batched source whose levels it sets, and a webhook that it answers for. An item's
`at` and the arrival of its message are compared on the same clock. Outages: two replicas, a lease of 15 s, 100 profiles that turn
ten times; the webhook answers 503, 500, nothing or half."""
