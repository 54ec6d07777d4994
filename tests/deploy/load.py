#!/usr/bin/env python3
"""Sends requests at a constant rate and counts what comes back, until standard input ends; then prints JSON.

Usage: load.py PORT RATE LIMIT; an answer may take LIMIT seconds. A process of its own, so that the test's work does not
slow it down. Each thread holds a connection and makes a new one for every twentieth request. Everything but a whole 200
is a failure. A connection that the server closed before the request came is not: HTTP lets it, and every client then asks again on a new one (RFC 9112, 9.3.1).
A thread that waited for long catches up with one second: a burst of all that it missed would look like more users.
"""

import http.client
import json
import sys
import threading
import time

THREADS = 16
PATHS = ("/", "/api/v1/hardware")
RENEW = 20


class Load:
    def __init__(self, port, rate, limit):
        self.port, self.limit = port, limit
        self.pause = THREADS / rate
        self.answers = []  # how long each took, and when it was sent
        self.failures = []
        self.ending = threading.Event()
        self.begin = time.monotonic()

    def run(self, index):
        connection, due = None, time.monotonic() + self.pause * index / THREADS
        for number in range(index, sys.maxsize):
            if self.ending.wait(max(0, due - time.monotonic())):
                return
            due = max(due + self.pause, time.monotonic() - 1)
            if number % RENEW == 0 and connection:
                connection.close()
                connection = None
            begin = time.monotonic()
            wrong = None
            for reused in (connection is not None, False):
                try:
                    connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.limit)
                    connection.request("GET", PATHS[number % len(PATHS)], headers={"Accept": "text/html"})
                    answer = connection.getresponse()
                    answer.read()
                    wrong = None if answer.status == 200 else f"status {answer.status}"
                    break
                except (OSError, http.client.HTTPException) as error:
                    connection, wrong = None, repr(error)
                    if not reused or not isinstance(error, ConnectionError):
                        break
            took = time.monotonic() - begin
            self.answers.append((took, begin - self.begin))
            if wrong:
                self.failures.append(f"{begin - self.begin:.3f} s: {wrong} after {took:.3f} s")


def main():
    sys.setswitchinterval(0.0005)  # a thread whose answer has come does not wait for the others
    load = Load(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))
    threads = [threading.Thread(target=load.run, args=(index,)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    duration = time.monotonic() - load.begin
    load.ending.set()
    for thread in threads:
        thread.join()
    ordered = sorted(load.answers)
    print(json.dumps({
        "answers": len(ordered), "failed": len(load.failures), "failures": load.failures[:10],
        "rate": len(ordered) / duration, "slowest": ordered[-1][0], "p99": ordered[int(len(ordered) * 0.99)][0],
        "slow": [f"{took:.3f} s, sent at {sent:.1f} s" for took, sent in ordered[-10:]],
    }))


if __name__ == "__main__":
    main()
