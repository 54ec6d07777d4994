"""No answer waits for a probe, whatever the probes do. How fast they come: docs/benchmarks.md."""

import http.client
import threading

from support import PATIENCE, QUICK, TestCase, eventually

CLIENTS = 32
ANSWERS = 50


class LoadTest(TestCase):
    def test_readers_while_probes_burn_every_core(self):
        vacancy = self.up(probes=[QUICK | {"work": "cpu", "duration": "1h", "timeout": "1h", "ttl": "1h"}])
        eventually("probes run", lambda: vacancy.metric(r"vacancy_probes_running\{[^}]*\}") > 0)
        good, bad = [], []

        def read(port, path):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            for _ in range(ANSWERS):
                connection.request("GET", path, headers={"Accept": "*/*"})
                answer = connection.getresponse()
                (good if answer.read() and answer.status == 200 else bad).append(answer.status)
            connection.close()

        targets = [(vacancy.ports[0], "/"), (vacancy.ports[1], "/hardware/")]
        threads = [threading.Thread(target=read, args=targets[i % 2]) for i in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((len(good), bad), (CLIENTS * ANSWERS, []))
        self.assertGreater(vacancy.metric(r"vacancy_probes_running\{[^}]*\}"), 0, "none of the probes has ended")
