"""Gives all profiles of a database that no service uses a made-up past, the same in every run: sixty days, best at night,
with times that nobody observed. Usage: past.py DATABASE"""

import random
import sqlite3
import sys
import time

MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
DAYS = 60
FRESH, STALE, EXPIRED = 10, 20, 30
SPANS = [(0, 5 * MINUTE, 12, 2 * DAY), (1, HOUR, 24, DAYS * DAY), (2, DAY, 32, DAYS * DAY)]  # id, length, of a block, kept


def states(now):
    """(time, state, reason), the last one as the reading: LOW 1, MEDIUM 2, HIGH 3."""
    at = now - DAYS * DAY
    while at < now - HOUR:
        night = (at // HOUR) % 24 < 7
        level = random.choice([3, 3, 2] if night else [3, 2, 2, 1, 1])
        yield at, FRESH + level, f"{level * 7} of 32 nodes idle"
        at += random.randint(20 * MINUTE, 9 * HOUR)
        if random.random() < 0.06:
            yield at, STALE + level, ""
            yield at + HOUR, EXPIRED, ""
            at += random.randint(2 * HOUR, 30 * HOUR)


def block(length, size, begins, now):
    words = []
    for begin in range(begins, min(begins + length * size, now), length):
        if (begin // DAY) % 9 == 4:  # nobody measured
            words.append("-")
            continue
        value = 16 + 12 * ((begin // HOUR) % 24 - 12) // 12
        words.append(f"4:{value}:{value + random.randint(1, 5)}:{4 * value + 6}")
    return ";free " + " ".join(words) + ";price " + " ".join("-" if word == "-" else "4:0.031" for word in words)


def recent(past, now):
    """The two bits of each half hour."""
    low = high = 0
    for ago in range(48):
        end = (now // (30 * MINUTE) - ago + 1) * 30 * MINUTE
        at, state, _ = next(one for one in reversed(past) if one[0] < end)
        if state // 10 == 1:
            low |= (state % 10 & 1) << ago
            high |= (state % 10 >> 1) << ago
    return low, high


def main(database):
    for profile, revision, measured_at, level in database.execute(
            "SELECT h.id, h.revision, r.measured_at, r.level FROM hardware h JOIN reading r ON r.profile_id = h.id").fetchall():
        random.seed(profile)
        past = list(states(measured_at))
        database.execute("DELETE FROM transition WHERE profile_id = ? AND at < ?", (profile, measured_at))
        database.executemany("REPLACE INTO transition (profile_id, at, revision, state, reason) VALUES (?, ?, ?, ?, ?)",
                             [(profile, at, revision, state, reason) for at, state, reason in past])
        for span, length, size, kept in SPANS:
            first = (measured_at - kept) // (length * size) * length * size
            for begins in range(first, measured_at, length * size):
                database.execute("REPLACE INTO summary (profile_id, span, begins, revision, buckets) VALUES (?, ?, ?, ?, ?)",
                                 (profile, span, begins, revision, block(length, size, begins, measured_at)))
        database.execute("UPDATE reading SET recent_low = ?, recent_high = ? WHERE profile_id = ?", (*recent(past, measured_at), profile))


with sqlite3.connect(sys.argv[1]) as database:
    main(database)
