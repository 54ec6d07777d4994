"""Runs benchmarks, prints each figure, and writes those that are new into docs/benchmarks.md."""

import argparse
import datetime
import os
import pathlib
import platform
import re
import signal
import sys

import alerts
import browser
import demand
import fleet
import history
import idle
import main_job
import page
import past
import peers
import probes
import scale
import wait
from harness import OPTIONS, ROOT

GROUPS = {"main": main_job, "fleet": fleet, "history": history, "idle": idle, "probes": probes, "page": page, "browser": browser, "wait": wait, "peers": peers,
          "scale": scale, "alerts": alerts, "past": past, "demand": demand}
PAGE = ROOT / "docs" / "benchmarks.md"
TABLE = ["| what | goal | measured |", "|---|---|---|"]
HEAD = "# Benchmarks\n\nWritten by `script/bench`; run it to measure your machine.\n"


def section(group, rows):
    lines = [
        f"## {group.TITLE}",
        "",
        f"Measured on {datetime.date.today()} with {os.cpu_count()} cores of {platform.machine()}, Linux"
        f" {platform.release().split('-')[0]}, clients and databases on the same machine.",
        "",
        *TABLE,
        *(f"| {what} | {goal} | {measured} |" for what, goal, measured in rows),
        "",
        "How: " + group.HOW,
        "",
    ]
    return "\n".join(lines)


def rows_of(text):
    return [tuple(line.strip("| ").split(" | ")) for line in text.splitlines() if line.startswith("| ") and line not in TABLE]


def write(group, rows):
    """Replaces these rows in the group's section, and leaves the others as they are."""
    old = PAGE.read_text() if PAGE.exists() else ""
    sections = {title: f"## {title}\n{text}" for title, text in re.findall(r"^## (.*)\n((?:(?!## ).*\n?)*)", old, re.MULTILINE)}
    merged = {row[0]: row for row in [*rows_of(sections.get(group.TITLE, "")), *rows]}
    sections[group.TITLE] = section(group, merged.values())
    known = [each.TITLE for each in GROUPS.values() if each.TITLE in sections]
    PAGE.write_text("\n".join([HEAD, *(sections[title].rstrip() + "\n" for title in known)]))


def directory(text):
    path = pathlib.Path(text).resolve()
    if not (path / "portal").exists():
        raise argparse.ArgumentTypeError(f"{text} has no portal")
    return path


def end(number, _):
    """Ends a benchmark with all that it started; a second signal must not disturb that."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def main():
    parts = [part for group in GROUPS.values() for part in group.PARTS]
    parser = argparse.ArgumentParser(description=__doc__, prog="script/bench")
    parser.add_argument("what", nargs="*", choices=[[], *GROUPS, *parts], metavar="GROUP|PART",
                        help="; ".join(f"{name}: {', '.join(group.PARTS)}" for name, group in GROUPS.items()) + " (default: all)")
    parser.add_argument("--quick", action="store_true", help="peers only, in a minute: does everything run and answer with the right bytes?")
    parser.add_argument("--bin-dir", type=directory, default=OPTIONS.bin_dir, help="peers: the programs to measure")
    parser.add_argument("--against", type=directory, metavar="BIN_DIR", help="peers: programs of another build, one more peer")
    parser.add_argument("--rounds", type=int, help="peers: 6, with --quick 2")
    parser.add_argument("--no-write", action="store_true", help="only print, as with --quick and --against")
    vars(OPTIONS).update(vars(parser.parse_args()))
    OPTIONS.writes = not (OPTIONS.no_write or OPTIONS.quick or OPTIONS.against)
    OPTIONS.rounds = OPTIONS.rounds or (2 if OPTIONS.quick else 6)
    wanted = OPTIONS.what or (["peers"] if OPTIONS.quick else list(GROUPS))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    done = 0
    for name, group in GROUPS.items():
        rows = []
        chosen = [part for part in group.PARTS if name in wanted or part in wanted]
        for part in chosen:
            for row in group.PARTS[part]():
                print(f"{row[0]}\n    goal {row[1]}; measured {row[2]}", flush=True)
                rows.append(row)
        done += len(rows)
        if rows and OPTIONS.writes:
            write(group, rows)
    if OPTIONS.quick:
        print(f"{done} passed, 0 failed")


if __name__ == "__main__":
    sys.exit(main())
