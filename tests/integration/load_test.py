"""No answer waits for a probe, whatever the probes do."""

import http.client
import threading
import time

from support import QUICK, TestCase, eventually

CLIENTS = 32
SECONDS = 3
# Under a sanitizer, with clients in Python, on shared cores: far from the figures of docs/benchmarks.md, and far below
# a probe's 5 s.
P99_SECONDS = 0.25


class LoadTest(TestCase):
    def test_readers_while_probes_burn_every_core(self):
        vacancy = self.up(probes=[QUICK | {"work": "cpu", "duration": "5s", "timeout": "10s", "ttl": "5s"}])
        eventually("probes run", lambda: vacancy.metric(r"vacancy_probes_running\{[^}]*\}") > 0)
        seconds, errors = [], []

        def read(port, path):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            deadline = time.monotonic() + SECONDS
            while time.monotonic() < deadline:
                begin = time.monotonic()
                connection.request("GET", path, headers={"Accept": "*/*"})
                answer = connection.getresponse()
                body = answer.read()
                seconds.append(time.monotonic() - begin)
                if answer.status != 200 or not body:
                    errors.append(answer.status)
            connection.close()

        targets = [(vacancy.ports[0], "/"), (vacancy.ports[1], "/hardware/")]
        threads = [threading.Thread(target=read, args=targets[i % 2]) for i in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        self.assertGreater(len(seconds), 100)
        self.assertLess(sorted(seconds)[int(len(seconds) * 0.99)], P99_SECONDS)
