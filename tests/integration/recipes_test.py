"""The configurations of docs/recipes, as they stand there, against recorded shapes of the answers: clouds are a server, programs of
schedulers print files."""

import copy
import http.server
import json
import os
import pathlib
import re
import threading
import urllib.parse

from support import TestCase, eventually, request

HERE = pathlib.Path(__file__).resolve().parent
SHAPES = HERE / "recipes"
SECRET = "hunter2-hunter2"


def recipes():
    """The configuration below each heading."""
    text = (HERE.parent.parent / "docs/recipes/README.md").read_text()
    found = {}
    for part in text.split("\n## ")[1:]:
        title, _, rest = part.partition("\n")
        blocks = [block for block in re.findall(r"(?:^    .*\n|^\n)+", rest, re.MULTILINE) if "\nprobes:" in re.sub(r"^    ", "", "\n" + block, flags=re.MULTILINE)]
        found[title] = re.sub(r"^    ", "", blocks[0], flags=re.MULTILINE)
    return found


class Cloud(http.server.ThreadingHTTPServer):
    """Answers each path with a file, to those who log in."""

    daemon_threads = True

    def __init__(self, answers):
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self):
                url = urllib.parse.urlsplit(self.path)
                shape, needs = answers.get(url.path, (None, lambda *_: False))
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                fine = needs(self.headers, urllib.parse.parse_qs(url.query), body)
                text = (SHAPES / shape).read_bytes() if fine else b"no"
                self.send_response(200 if fine else 403)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = answer

        super().__init__(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


def header(name, value):
    return lambda headers, query, body: headers.get(name) == value


BEARER = header("Authorization", f"Bearer {SECRET}")
ANSWERS = {
    "/api/v1/instance-types": ("lambda.json", BEARER),
    "/graphql": ("runpod.json", lambda headers, query, body: BEARER(headers, query, body) and "stockStatus" in body),
    "/instance/v1/zones/fr-par-2/products/servers/availability": ("scaleway.json", lambda *_: True),
    "/v1/core/stocks": ("hyperstack.json", header("api_key", SECRET)),
    "/v1/instances/types": ("shadeform.json", header("X-API-KEY", SECRET)),
    "/v1/dedicated/server/datacenter/availabilities": ("ovh.json", lambda headers, query, body: query["datacenters"] == ["gra,rbx"]),
    "/allocation_candidates": ("placement.json", lambda headers, query, body: headers["X-Auth-Token"] == SECRET
                               and query["resources"] == ["VCPU:16,MEMORY_MB:131072,PCI_DEVICE:1"]
                               and headers["OpenStack-API-Version"] == "placement 1.36"),
    "/metrics": ("dcgm.txt", lambda *_: True),
}
# What each program prints when its arguments have these words.
PROGRAMS = {
    "pbsnodes": [("-x", "torque.xml"), ("-a -F json", "pbs.json")],
    "bhosts": [("gpuhosts", "lsf.json")],
    "qstat": [("-g c", "sge.txt")],
    "condor_status": [("-json", "condor.json")],
    "kubectl": [("get clusterqueue research -o json", "kueue.json")],
    "nvidia-smi": [("--query-gpu", "nvidia_gpus.txt"), ("--query-compute-apps", "nvidia_apps.txt")],
}
# Availability, free, total, largest and price of each profile.
EXPECTED = {
    "Lambda Cloud": {"gpu_1x_a10": ("MEDIUM", 1, None, None, 0.75), "gpu_8x_h100_sxm5": ("HIGH", 2, None, None, 23.92),
                     "gpu_8x_b200_sxm6": ("LOW", 0, None, None, 39.92)},
    "RunPod": {"NVIDIA A100 80GB PCIe": ("HIGH", None, None, None, 1.19), "NVIDIA H100 80GB HBM3": ("LOW", None, None, None, 2.69),
               "NVIDIA B200": ("LOW", None, None, None, None)},
    "Scaleway": {"GPU-3070-S": ("LOW",), "H100-1-80G": ("MEDIUM",), "L4-1-24G": ("HIGH",)},
    "Hyperstack": {"H100-80G-PCIe": ("HIGH", 45)},
    "Shadeform": {"H100": ("HIGH", None, None, None, 1.9)},
    "OVH": {"24ska01.ram-64g-noecc-2133.softraid-2x450nvme": ("MEDIUM",)},
    "OpenStack placement": {"gpu.large": ("MEDIUM", 2)},
    "PBS": {"ncpus": ("HIGH", 48, 192, 48), "ngpus": ("HIGH", 3, 8, 3)},
    "Torque": {"batch": ("HIGH", 27, 48, 16)},
    "LSF": {"gpuhosts": ("HIGH", 13, 20, 8)},
    "Grid Engine": {"all.q": ("HIGH", 44, 64)},
    "HTCondor": {"Cpus": ("HIGH", 44, 64, 32), "GPUs": ("HIGH", 1, 4, 1)},
    "Kueue": {"research": ("HIGH", 6, 24)},
    "nvidia-smi": {"gpu": ("HIGH", 2, 4, 2)},
    "NVIDIA DCGM": {"dgx1.example.org": ("HIGH", 2, 3, 2)},
}


class RecipesTest(TestCase):
    def setUp(self):
        super().setUp()
        cloud = self.enterContext(Cloud(ANSWERS))
        self.url = f"http://127.0.0.1:{cloud.server_address[1]}"
        self.programs = self.directory / "programs"
        self.programs.mkdir()
        for name, outputs in PROGRAMS.items():
            cases = "".join(f'*"{words}"*) cat "{SHAPES / shape}" ;;\n' for words, shape in outputs)
            (self.programs / name).write_text(f'#!/bin/sh\ncase "$*" in\n{cases}*) echo "unknown: $*" >&2; exit 1 ;;\nesac\n')
            (self.programs / name).chmod(0o755)

    def configured(self, text):
        for file in re.findall(r"/run/secrets/([\w-]+)", text):
            (self.directory / file).write_text(SECRET + "\n")
        text = text.replace("/run/secrets/", f"{self.directory}/").replace("http://$PROBE_NAME:9400", self.url)
        # Without it there would be the sample profiles, too.
        text = text if "profiles:" in text else f"profiles: []\n{text}"
        return re.sub(r"(?<=url: )https://[^/]+", self.url, text)

    def measured(self, text):
        """What the program makes of a recipe: rows by name."""
        config = self.directory / "recipe.yaml"
        config.write_text(self.configured(text))
        data = self.directory / f"data-{len(list(self.directory.iterdir()))}"
        program = self.program("vacancy", "up", "--config", config, "--data", data, "--port", 0, "--hardware-port", 0, "--admin-port", 0,
                               environment={"PATH": f"{self.programs}:{os.environ['PATH']}"}).wait_ready()

        def rows():
            found = {row["name"]: row for row in request(program.port, "/api/v1/hardware?limit=1000").json["hardware"]}
            return found if found and all(row["measured_at"] or "error" in row for row in found.values()) else None

        found = eventually("all are measured", rows)
        program.stop()
        return found

    def test_each_recipe_measures_its_recorded_shape(self):
        found = recipes()
        self.assertEqual(set(found), set(EXPECTED), "the headings of docs/recipes/README.md")
        for title, expected in EXPECTED.items():
            with self.subTest(title):
                rows = self.measured(found[title])
                self.assertEqual(set(rows), set(expected), rows)
                for name, values in expected.items():
                    keys = ("availability", "free", "total", "largest", "price")
                    seen = tuple(rows[name].get(key) for key in keys[:len(values)])
                    self.assertEqual(seen, values, rows[name])

    def test_a_program_that_fails_gives_no_level(self):
        found = recipes()
        for name in PROGRAMS:
            (self.programs / name).write_text("#!/bin/sh\necho broken >&2\nexit 3\n")
        for title in ("PBS", "Torque", "LSF", "Grid Engine", "HTCondor", "Kueue", "nvidia-smi"):
            with self.subTest(title):
                for row in self.measured(found[title]).values():
                    self.assertEqual(row["availability"], "UNKNOWN", row)
                    self.assertIn("error", row)

    def test_a_resource_that_nobody_has_is_no_level(self):
        found = recipes()
        for title, wrong in (("PBS", ("our-pbs/ngpus", "our-pbs/gpu")), ("HTCondor", ("our-condor/GPUs", "our-condor/Gpus")),
                             ("Kueue", ("resource: nvidia.com/gpu", "resource: nvidia.com/gpus"))):
            with self.subTest(title):
                self.assertIn(wrong[0], found[title])
                rows = self.measured(found[title].replace(*wrong))
                row = rows.get("gpu") or rows.get("Gpus") or rows["research"]
                self.assertEqual(row["availability"], "UNKNOWN", row)
                self.assertIn("exit code 5", row["error"])

    def test_a_queue_that_is_stopped_gives_nothing(self):
        recipe = recipes()["Kueue"]
        queue = json.loads((SHAPES / "kueue.json").read_text())
        stopped = copy.deepcopy(queue)
        stopped["spec"]["stopPolicy"] = "HoldAndDrain"
        inactive = copy.deepcopy(queue)
        inactive["status"]["conditions"] = [{"type": "Active", "status": "False", "message": "Can't admit new workloads: FlavorNotFound"}]
        for shape, reason in ((stopped, "the queue is stopped"), (inactive, "Can't admit new workloads: FlavorNotFound")):
            (self.programs / "kubectl").write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(shape)}\nEND\n")
            row = self.measured(recipe)["research"]
            self.assertEqual((row["availability"], row["free"]), ("LOW", 0), row)
            self.assertIn(reason, row["reason"])
