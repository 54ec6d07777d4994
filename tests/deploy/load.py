#!/usr/bin/env python3
"""Sends requests at a constant rate and counts what comes back, until standard input ends; then prints JSON.

Usage: load.py PORT RATE. A process of its own, so that the test's work does not slow it down. Each thread holds a
connection and makes a new one for every twentieth request. What is not a whole 200 is a failure.
"""

import http.client
import json
import sys
import threading
import time

THREADS = 16
PATHS = ("/", "/api/v1/hardware")
RENEW = 20
LIMIT = 20  # seconds for an answer


class Load:
    def __init__(self, port, rate):
        self.port = port
        self.pause = THREADS / rate
        self.seconds = []  # each answer took
        self.failures = []
        self.slowest = (0, 0)  # how long, and when it was sent
        self.ending = threading.Event()
        self.begin = time.monotonic()

    def run(self, index):
        connection, due = None, time.monotonic() + self.pause * index / THREADS
        for number in range(index, sys.maxsize):
            if self.ending.wait(max(0, due - time.monotonic())):
                return
            due += self.pause
            if number % RENEW == 0 and connection:
                connection.close()
                connection = None
            begin = time.monotonic()
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
                connection.request("GET", PATHS[number % len(PATHS)], headers={"Accept": "text/html"})
                answer = connection.getresponse()
                answer.read()
                wrong = None if answer.status == 200 else f"status {answer.status}"
            except (OSError, http.client.HTTPException) as error:
                connection, wrong = None, repr(error)
            took = time.monotonic() - begin
            self.seconds.append(took)
            if wrong:
                self.failures.append(f"{begin - self.begin:.3f} s: {wrong} after {took:.3f} s")
            self.slowest = max(self.slowest, (took, begin - self.begin))


def main():
    load = Load(int(sys.argv[1]), float(sys.argv[2]))
    threads = [threading.Thread(target=load.run, args=(index,)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    duration = time.monotonic() - load.begin
    load.ending.set()
    for thread in threads:
        thread.join()
    ordered = sorted(load.seconds)
    print(json.dumps({
        "answers": len(ordered), "failed": len(load.failures), "failures": load.failures[:10],
        "rate": len(ordered) / duration, "slowest": load.slowest[0], "slowest_at": load.slowest[1],
        "p99": ordered[int(len(ordered) * 0.99)] if ordered else None,
    }))


if __name__ == "__main__":
    main()
