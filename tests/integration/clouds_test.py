"""Probes that ask clouds, by the whole program, against a server that answers in their published shapes."""

import json
import threading

from support import TestCase, eventually, rows

import cloud_server


class CloudsTest(TestCase):
    def cloud(self):
        server = cloud_server.CloudServer()
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server, f"http://127.0.0.1:{server.server_address[1]}"

    def test_rows_have_the_words_of_azure_and_the_numbers_of_google(self):
        server, url = self.cloud()
        server.state.set |= {"scores": {"Standard_D2@eastus": "Low", "Standard_D4@eastus": "DataNotFoundOrStale"},
                             "no_quota": ["Standard_H8@eastus"], "obtainability": {"a3@us-central1": 0.5},
                             "quotas": {"PREEMPTIBLE_CPUS": [16, 8]}}
        secret = self.directory / "secret"
        secret.write_text("open sesame\n")
        user = self.directory / "user.json"
        user.write_text(json.dumps({"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "long-lived",
                                    "token_uri": f"{url}/google/token"}))
        probes = [
            {"name": "azure", "kind": "azure", "match": {"provider": "Azure"}, "ttl": "30m", "timeout": "30s", "subscription": "s",
             "regions": ["eastus"], "restrictions_every": "0s", "tenant": "t", "client_id": "c", "client_secret_file": str(secret),
             "endpoint": url, "authority": url},
            {"name": "google", "kind": "gcp", "match": {"provider": "Google"}, "ttl": "15m", "timeout": "30s", "project": "p", "endpoint": url,
             "credentials_file": str(user)},
        ]
        azure = [f"Azure/Standard_{size}" for size in ("D1", "D2", "D4", "H8")]
        keys = {"profiles": azure + ["Google/a3@us-central1", "Google/t2@us-central1", "Google/n2-standard-16@us-central1"], "probes": probes}
        vacancy = self.up(**keys)

        def all_measured():
            seen = rows(vacancy.port)
            return len(seen) == 7 and all(row["measured_at"] for row in seen.values()) and seen

        seen = eventually("all are measured", all_measured)
        self.assertEqual({name: (row["availability"], row.get("score")) for name, row in seen.items()},
                         {"Standard_D1": ("HIGH", None), "Standard_D2": ("LOW", None), "Standard_D4": ("UNKNOWN", None),
                          "Standard_H8": ("LOW", None), "a3@us-central1": ("MEDIUM", 0.5), "t2@us-central1": ("UNKNOWN", None),
                          "n2-standard-16@us-central1": ("LOW", None)})
        self.assertEqual(seen["n2-standard-16@us-central1"]["reason"], "no quota: PREEMPTIBLE_CPUS in us-central1")
        self.assertEqual(seen["Standard_H8"]["reason"], "no quota (High) in eastus")
        calls = [each["path"] for each in server.state.log]
        self.assertEqual(sum("/placementScores/" in path for path in calls), 1, "one call for four sizes")
        self.assertEqual(sum("/oauth2/" in path for path in calls), 1)
        listed = self.run_command("vacancy", "probe", "list", "--hardware-url", f"http://127.0.0.1:{vacancy.ports[1]}")
        self.assertIn("calls a day: 384 of 2160000 that the source allows", listed.stdout, "3 advices and the quotas, every 15 minutes")
