#!/usr/bin/env python3
"""Answers as Amazon EC2, STS and the metadata services of machines and containers do, for a few actions.

Python's official implementation of AWS (botocore) is the judge: it checks each signature, writes each form anew from what it
means by AWS's own model, and reads each answer that is sent.
A class for tests in Python. As a program: prints "port N" when it listens, and ends at the end of standard input.
Usage: aws_server.py

The instance types that are asked about say what happens, each with any size behind a dot:
  plain       a score of 1 to 10 of each region: the number of types; other prices in each zone
  few         a score of 3
  page        a page for each region
  endless     each page is the first one
  absent      not offered anywhere
  throttled   RequestLimitExceeded twice, then as plain
  busy        RequestLimitExceeded always
  many        429 without XML twice, then as plain
  broken      InternalError always
  configured  MaxConfigLimitExceeded
  quota       MaxSpotInstanceCountExceeded
  denied      UnauthorizedOperation
  ended       ExpiredToken
  unknown     OptInRequired
  wrong       InvalidParameterValue
  away        offered in us-east-1 only; everywhere else InvalidParameterValue
  unpriced    InvalidParameterValue for any list of prices with it
  missing     no region in the answer
  shape       another document, with 200
  number      a score of 11
  cut         half of the answer
  late        RequestExpired, from a clock that is 17 minutes ahead
A question for scores of eu-typo-1 gets InvalidParameterValue, and one to it no answer. The first answer of eu-void-1 has no
offerings.
GET /seen tells, as JSON, what came: calls by action, the access keys of each, forms of scores and prices, and rotations.
GET /reset?N forgets that; from then on the keys of the machine rotate after every N calls (0: never).
"""

import collections
import contextlib
import datetime
import email.utils
import http.server
import json
import sys
import threading
import time
import urllib.parse

import botocore.session

from aws_model import NAMESPACE, Model, signature_error

# Keys by their place. Those of a machine rotate: MACHINE1, MACHINE2, …
KEYS = {name: (f"AKID{name}", f"secret/+of-{name}-0123456789", token) for name, token in [
    ("ENVIRONMENT", ""), ("FILE", "token-of-file"), ("CONFIG", ""), ("PROCESS", "token-of-process"),
    ("CONTAINER", "token+/of-container=="), ("WEB", "token-of-web")]}
CONTAINER_TOKEN = "Bearer container-token-1"
WEB_TOKEN = "web.identity.token"
ROLE = "arn:aws:iam::123456789012:role/vacancy"


def machine_keys(number):
    return f"AKIDMACHINE{number}", f"secret-of-machine-{number}-0123456789", f"token-of-machine-{number}"


def xml(**members):
    """Elements with these texts."""
    return "".join(f"<{name}>{value}</{name}>" for name, value in members.items())


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    wbufsize = 1 << 16  # head and body in one packet

    def log_message(self, *_):
        pass

    def handle(self):
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle()

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(time.time() + getattr(self, "ahead", 0), usegmt=True)

    def send(self, status, body, content_type="text/xml;charset=UTF-8", length=None):
        body = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_json(self, value):
        self.send(200, json.dumps(value), "application/json")

    def error(self, status, code, message="not today"):
        self.send(status, f"<Response><Errors><Error>{xml(Code=code, Message=message)}</Error></Errors>{xml(RequestID='r')}</Response>")

    # --- Metadata

    def do_PUT(self):
        fine = self.path == "/latest/api/token" and self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
        self.send(200, "metadata-token", "text/plain") if fine else self.send(400, "")

    def do_GET(self):
        roles = "/latest/meta-data/iam/security-credentials/"
        path, _, query = self.path.partition("?")
        if path == "/seen":
            return self.send_json(self.server.seen())
        if path == "/reset":
            self.server.reset(int(query))
            return self.send(200, "")
        if self.path == "/container":
            fine = self.headers.get("Authorization") == CONTAINER_TOKEN
            return self.send_json(self.given(KEYS["CONTAINER"], "Token")) if fine else self.send(401, "")
        if self.headers.get("X-aws-ec2-metadata-token") != "metadata-token":
            return self.send(401, "")
        if self.path == roles:
            return self.send(200, "vacancy-role", "text/plain")
        if self.path == roles + "vacancy-role":
            self.server.count("metadata")
            return self.send_json({"Code": "Success"} | self.given(machine_keys(self.server.rotations), "Token"))
        return self.send(404, "")

    @staticmethod
    def given(keys, token):
        ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        return {"AccessKeyId": keys[0], "SecretAccessKey": keys[1], token: keys[2], "Expiration": f"{ends:%Y-%m-%dT%H:%M:%SZ}"}

    # --- EC2 and STS

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        form = dict(urllib.parse.parse_qsl(body.decode(), strict_parsing=True))
        action = form["Action"]
        self.server.count(action)
        if action == "AssumeRoleWithWebIdentity":
            return self.assume(form)
        url = f"http://{self.headers['Host']}{self.path}"
        code = signature_error("POST", url, self.headers, body, self.server.keys())
        if code:
            return self.error(401 if code == "AuthFailure" else 403, code)
        try:
            meant = self.server.ec2.meaning(form)
        except Exception as wrong:  # whatever botocore raises
            return self.error(400, "InvalidForm", str(wrong))
        self.server.called(self.headers["Authorization"].split("=")[1].split("/")[0])
        if self.region() == "eu-typo-1":
            self.close_connection = True
            return None
        return getattr(self, action)(meant, body.decode())

    def assume(self, form):
        meant = self.server.sts.meaning(form)
        if (meant["WebIdentityToken"], meant["RoleArn"]) != (WEB_TOKEN, ROLE):
            return self.send(400, f"<ErrorResponse><Error>{xml(Type='Sender', Code='InvalidIdentityToken', Message='no')}</Error></ErrorResponse>")
        keys = self.given(KEYS["WEB"], "SessionToken")
        return self.send(200, f"<AssumeRoleWithWebIdentityResponse xmlns='{NAMESPACE['sts']}'><AssumeRoleWithWebIdentityResult>"
                              f"<Credentials>{xml(**keys)}</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>")

    def page(self, action, name, items, token="", half=False):
        body = (f"<?xml version='1.0' encoding='UTF-8'?>\n<{action}Response xmlns='{NAMESPACE['ec2']}'>{xml(requestId='r')}"
                f"<{name}>{''.join(f'<item>{item}</item>' for item in items)}</{name}>{xml(nextToken=token)}</{action}Response>")
        if half:
            self.close_connection = True
            return self.send(200, body[: len(body) // 2], length=len(body))
        self.server.ec2.check_answer(action, body.encode(), len(items))
        return self.send(200, body)

    def GetSpotPlacementScores(self, meant, form):
        self.server.forms.append(form)
        types = meant["InstanceTypes"]
        case = types[0].partition(".")[0]
        if case in ("throttled", "many") and self.server.count(form) <= 2:
            if case == "many":
                return self.send(429, "<html>Slow down")
            case = "busy"
        if "eu-typo-1" in meant["RegionNames"] or (case == "away" and self.region() != "us-east-1"):
            case = "wrong"
        errors = {"busy": (503, "RequestLimitExceeded"), "broken": (500, "InternalError"), "configured": (400, "MaxConfigLimitExceeded"), "late": (400, "RequestExpired"),
                  "quota": (400, "MaxSpotInstanceCountExceeded"), "denied": (403, "UnauthorizedOperation"),
                  "ended": (400, "ExpiredToken"), "unknown": (401, "OptInRequired"),
                  "wrong": (400, "InvalidParameterValue")}
        self.ahead = 17 * 60 if case == "late" else 0
        if case in errors:
            return self.error(*errors[case], f"The value '{types[0]}' of arn:aws:iam::123456789012:user/me is not right")
        if case == "shape":
            return self.send(200, "<html><body>Welcome</body></html>")
        score = {"few": 3, "number": 11}.get(case, min(len(types), 10))
        zones = ["az1", "az2"] if meant.get("SingleAvailabilityZone") else [""]
        items = [xml(region=region, score=score) + (xml(availabilityZoneId=f"{self.server.short(region)}-{zone}") if zone else "")
                 for region in meant["RegionNames"] for zone in zones]
        token = ""
        if case in ("page", "endless"):
            first = int(meant.get("NextToken", 0))
            token = str(first + 1 if case == "page" else first) if first + 1 < len(items) else ""
            items = items[first : first + 1]
        return self.page("GetSpotPlacementScores", "spotPlacementScoreSet", [] if case == "missing" else items, token, case == "cut")

    def DescribeInstanceTypeOfferings(self, meant, _):
        region = self.region()
        if region == "eu-void-1" and self.server.count("void") == 1:
            return self.page("DescribeInstanceTypeOfferings", "instanceTypeOfferingSet", [])
        families = self.server.families + (["away"] if region == "us-east-1" else [])
        places = [region] if meant["LocationType"] == "region" else [f"{self.server.short(region)}-{zone}" for zone in ("az1", "az2")]
        items = [xml(instanceType=f"{family}.{size}", locationType=meant["LocationType"], location=place) for place in places
                 for family in families for size in ("large", "xlarge", "2xlarge", "4xlarge")
                 if not (place.endswith("az2") and size == "4xlarge")]
        # In two pages.
        half = len(items) // 2
        first = "NextToken" not in meant
        return self.page("DescribeInstanceTypeOfferings", "instanceTypeOfferingSet", items[:half] if first else items[half:], "2" if first else "")

    def DescribeSpotPriceHistory(self, meant, form):
        self.server.price_forms.append(form)
        region = self.region()
        refused = [kind for kind in meant["InstanceTypes"] if kind.startswith("unpriced.")]
        if refused:
            return self.error(400, "InvalidParameterValue", f"The instance types are not valid: {refused}")
        items = [xml(instanceType=kind, productDescription=meant["ProductDescriptions"][0], spotPrice=f"{0.5 + zone / 10 + old:.6f}",
                     timestamp=f"2026-11-{29 - old}T04:32:53.000Z", availabilityZone=f"{region}{'abc'[zone]}",
                     availabilityZoneId=f"{self.server.short(region)}-az{zone + 1}")
                 for kind in meant["InstanceTypes"] for zone in (1, 0) for old in (0, 1)]
        return self.page("DescribeSpotPriceHistory", "spotPriceHistorySet", items)

    def region(self):
        return self.headers["Authorization"].split("/")[2]


class AwsServer(http.server.ThreadingHTTPServer):
    """Serves on a free port of 127.0.0.1 while it is entered: `with AwsServer() as server: … server.url`."""

    daemon_threads = True
    request_queue_size = 1024
    families = ["plain", "few", "page", "endless", "throttled", "busy", "many", "broken", "configured", "quota", "denied", "ended",
                "unknown", "wrong", "unpriced", "missing", "shape", "number", "cut", "late"]

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        session = botocore.session.Session()
        self.ec2, self.sts = Model(session, "ec2", "ec2"), Model(session, "sts", "query")
        self.lock = threading.Lock()
        self.reset()

    def reset(self, rotate_every=0):
        with self.lock:
            self.rotate_every = rotate_every
            self.rotations = 1
            self.counts = collections.Counter()
            self.used = []
            self.forms, self.price_forms = [], []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    @staticmethod
    def short(region):
        """The beginning of the IDs of its zones: euc1 of eu-central-1."""
        continent, place, number = region.split("-")
        return continent + place[0] + number

    def keys(self):
        """Secret and token by access key. Only the latest of the machine's are taken."""
        return {key: (secret, token) for key, secret, token in [*KEYS.values(), machine_keys(self.rotations)]}

    def count(self, what):
        with self.lock:
            self.counts[what] += 1
            return self.counts[what]

    def called(self, access_key):
        with self.lock:
            self.used.append(access_key)
            if self.rotate_every and len(self.used) % self.rotate_every == 0:
                self.rotations += 1

    def rotate(self):
        with self.lock:
            self.rotations += 1

    def seen(self):
        with self.lock:
            return {"counts": self.counts, "used": self.used, "forms": self.forms, "price_forms": self.price_forms,
                    "rotations": self.rotations}

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


def main():
    with AwsServer() as server:
        print(f"port {server.server_address[1]}", flush=True)
        sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
