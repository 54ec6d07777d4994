"""Runs benchmarks, prints each figure, and writes those that are new into docs/benchmarks.md."""

import argparse
import datetime
import os
import platform
import re
import sys

import browser
import fleet
import main_job
import page
import probes
import scale
import wait
from harness import ROOT

GROUPS = {"main": main_job, "fleet": fleet, "probes": probes, "page": page, "browser": browser, "wait": wait,
          "scale": scale}
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


def main():
    parts = [part for group in GROUPS.values() for part in group.PARTS]
    parser = argparse.ArgumentParser(description=__doc__, prog="script/bench")
    parser.add_argument("what", nargs="*", choices=[[], *GROUPS, *parts], metavar="GROUP|PART",
                        help="; ".join(f"{name}: {', '.join(group.PARTS)}" for name, group in GROUPS.items()) + " (default: all)")
    wanted = parser.parse_args().what or list(GROUPS)
    for name, group in GROUPS.items():
        rows = []
        chosen = [part for part in group.PARTS if name in wanted or part in wanted]
        for part in chosen:
            for row in group.PARTS[part]():
                print(f"{row[0]}\n    goal {row[1]}; measured {row[2]}", flush=True)
                rows.append(row)
        if rows:
            write(group, rows)


if __name__ == "__main__":
    sys.exit(main())
