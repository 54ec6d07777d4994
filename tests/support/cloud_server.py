#!/usr/bin/env python3
"""Azure, Entra ID and Google Cloud as far as probes ask them, on a free port of 127.0.0.1, with every fault.

As a program: prints "port N" when it listens, and ends at the end of standard input. Standard library only, and openssl
for the signatures of service accounts (--public-key PEM).

Tokens: /TENANT/oauth2/v2.0/token, /metadata/identity/oauth2/token, /msi/token, /google/token, /google/sts,
/google/impersonate, /google/subject, /computeMetadata/v1/instance/service-accounts/default/token
APIs, for those who bring a token that was given and has not ended: /subscriptions/…, /projects/…
The test's own: POST /control sets members of the state (lifetime, scores, obtainability, clock, …), GET /control tells
the requests so far. `answers` is a list of [path, status, headers, body]: the next request for that part of a path gets
it.
"""

import argparse
import base64
import http.server
import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import email.utils

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


def decoded(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def jwt_error(token, public_key, audience, now):
    """What is wrong with a service account's request for a token, by openssl and Google's own rules; "" for nothing."""
    head, claims, signature = token.split(".")
    if json.loads(decoded(head)) != {"alg": "RS256", "typ": "JWT", "kid": "key-1"}:
        return "wrong header"
    said = json.loads(decoded(claims))
    if said["aud"] != audience or said["iss"] != "probe@my-project.iam.gserviceaccount.com":
        return f"wrong audience or issuer: {said}"
    if not (now - 300 <= said["iat"] <= now + 300 and now < said["exp"] <= said["iat"] + 3600):
        return "Invalid JWT: Token must be a short-lived token and in a reasonable timeframe"
    with tempfile.NamedTemporaryFile() as file:
        file.write(decoded(signature))
        file.flush()
        command = ["openssl", "dgst", "-sha256", "-verify", public_key, "-signature", file.name]
        checked = subprocess.run(command, input=f"{head}.{claims}".encode(), capture_output=True)
    return "" if checked.returncode == 0 else "wrong signature"


class State:
    def __init__(self):
        self.lock = threading.Lock()
        self.set = {"lifetime": 3600, "scores": {}, "no_quota": [], "skus": None, "usages": None, "bad": [], "obtainability": {},
                    "reservations": [], "quotas": None, "clock": 0, "answers": [], "secret": "open sesame", "page": 1000}
        self.tokens = {}
        self.log = []

    def new_token(self):
        with self.lock:
            token = f"token-{len(self.tokens) + 1}-of-the-cloud"
            self.tokens[token] = time.monotonic() + self.set["lifetime"]
            return token


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(time.time() + self.server.state.set["clock"], usegmt=True)

    def send(self, status, body, headers=()):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        headers = dict(headers)
        self.send_header("Content-Length", str(headers.pop("Content-Length", len(data))))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = self.close_connection or "Connection" in headers

    def respond(self):
        self.url = urllib.parse.urlsplit(self.path)
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.state = self.server.state
        if self.url.path == "/control":
            return self.control()
        with self.state.lock:
            seen = {"method": self.command, "path": self.path, "body": self.body,
                    "token": self.headers.get("Authorization", "").removeprefix("Bearer ")}
            self.state.log.append(seen)
            answers = self.state.set["answers"]
            planned = next((answer for answer in answers if answer[0] in self.path), None)
            if planned:
                answers.remove(planned)
        if planned:
            return self.send(planned[1], planned[3], planned[2])
        self.route(self.url.path)

    do_GET = do_POST = respond

    def control(self):
        with self.state.lock:
            if self.command == "GET":
                return self.send(200, {"log": self.state.log, "tokens": len(self.state.tokens)})
            asked = json.loads(self.body)
            if asked.pop("revoke", False):
                self.state.tokens = dict.fromkeys(self.state.tokens, 0)
            self.state.set |= asked
        self.send(200, {})

    def route(self, path):
        if "/oauth2/v2.0/token" in path:
            return self.entra()
        if path in ("/metadata/identity/oauth2/token", "/msi/token"):
            return self.managed(path)
        if path.startswith("/google/") or path.startswith("/computeMetadata/"):
            return self.google_token(path)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.state.tokens.get(token, 0) <= time.monotonic():
            return self.send(401, {"error": {"code": "ExpiredAuthenticationToken", "message": "The access token is invalid."}})
        if path.endswith("/placementScores/spot/generate"):
            return self.placement_scores()
        if path.endswith("/skus"):
            return self.skus()
        if path.endswith("/usages"):
            return self.usages()
        if path.endswith("/advice/capacity"):
            return self.advice(path)
        if path.endswith("/reservations"):
            return self.reservations()
        if "/regions/" in path:
            return self.quotas()
        self.send(404, {"error": {"code": "NotFound", "message": f"no {path}"}})

    def form(self):
        return dict(urllib.parse.parse_qsl(self.body))

    # --- Tokens

    def token(self, **more):
        self.send(200, {"token_type": "Bearer", "access_token": self.state.new_token()} | more)

    def entra(self):
        form = self.form()
        right = form.get("client_secret") == self.state.set["secret"]
        if "client_assertion" in form:
            right = form["client_assertion"] == "federated-token" and form["client_assertion_type"].endswith("jwt-bearer")
        right = right and form["grant_type"] == "client_credentials" and form["scope"].endswith("/.default")
        if not right:
            text = "AADSTS7000215: Invalid client secret provided: open sesame."
            return self.send(401, {"error": "invalid_client", "error_description": text, "error_codes": [7000215]})
        self.token(expires_in=self.state.set["lifetime"])

    def managed(self, path):
        right = self.headers.get("Metadata") == "true" if path[1:5] == "meta" else self.headers.get("X-IDENTITY-HEADER") == "door"
        if not right:
            return self.send(400, {"error": "invalid_request", "error_description": "Required metadata header not specified"})
        lifetime = self.state.set["lifetime"]
        # Both as texts, and App Service has the second alone.
        ends = {"expires_on": str(int(time.time()) + lifetime)}
        self.token(**(ends | {"expires_in": str(lifetime)} if path[1:5] == "meta" else ends))

    def google_token(self, path):
        lifetime = self.state.set["lifetime"]
        if path.startswith("/computeMetadata/"):
            if self.headers.get("Metadata-Flavor") != "Google":
                return self.send(403, "Missing Metadata-Flavor:Google header.")
            return self.token(expires_in=lifetime)
        if path == "/google/subject":
            return self.send(200, {"value": "federated-token"}) if self.headers.get("X-Door") == "open" else self.send(401, "no")
        if path == "/google/impersonate":
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if self.state.tokens.get(token, 0) <= time.monotonic():
                return self.send(401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}})
            ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + lifetime))
            return self.send(200, {"accessToken": self.state.new_token(), "expireTime": ends})
        form = self.form()
        if form["grant_type"] == EXCHANGE:
            error = "" if form["subject_token"] == "federated-token" and form["audience"] == "//iam/pool" else "wrong subject"
        elif form["grant_type"] == "refresh_token":
            error = "" if form["refresh_token"] == "long-lived" else "Bad Request"
        else:
            now = time.time() + self.state.set["clock"]
            audience = f"http://{self.headers['Host']}/google/token"
            error = jwt_error(form["assertion"], self.server.public_key, audience, now)
        if error:
            return self.send(400, {"error": "invalid_grant", "error_description": error})
        self.token(expires_in=lifetime)

    # --- Azure

    def placement_scores(self):
        asked = json.loads(self.body)
        if len(asked["desiredSizes"]) > 5 or len(asked["desiredLocations"]) > 8:
            return self.send(400, {"error": {"code": "BadRequest", "message": "Too many sizes or locations"}})
        bad = set(self.state.set["bad"]) & {*asked["desiredLocations"], *(each["sku"] for each in asked["desiredSizes"])}
        if bad:
            return self.send(400, {"error": {"code": "InvalidParameter", "message": f"The value {min(bad)} is invalid"}})
        scores = []
        for size in (each["sku"] for each in asked["desiredSizes"]):
            for region in asked["desiredLocations"]:
                for zone in ["1", "2", "3"] if asked["availabilityZones"] else [None]:
                    place = f"{size}@{region}" + (f"/{zone}" if zone else "")
                    score = {"sku": size, "region": region, "score": self.state.set["scores"].get(place, "High"),
                             "isQuotaAvailable": place not in self.state.set["no_quota"]}
                    scores.append(score | ({"availabilityZone": zone} if zone else {}))
        self.send(200, asked | {"placementScores": scores})

    def skus(self):
        skus = self.state.set["skus"]
        if skus is None:
            return self.send(403, {"error": {"code": "AuthorizationFailed", "message": "no right"}})
        query = dict(urllib.parse.parse_qsl(self.url.query))
        begin, size = int(query.get("begin", 0)), self.state.set["page"]
        base = f"http://{self.headers['Host']}{self.url.path}"
        more = f"{base}?begin={begin + size}" if begin + size < len(skus) else None
        self.send(200, {"value": skus[begin : begin + size], "nextLink": more})

    def usages(self):
        usages = self.state.set["usages"]
        if usages is None:
            return self.send(403, {"error": {"code": "AuthorizationFailed", "message": "no right"}})
        items = [{"unit": "Count", "currentValue": current, "limit": limit, "name": {"value": name, "localizedValue": name}}
                 for name, current, limit in usages]
        self.send(200, {"value": items})

    # --- Google

    def advice(self, path):
        region = path.split("/regions/")[1].split("/")[0]
        asked = json.loads(self.body)
        machine = asked["instanceFlexibilityPolicy"]["instanceSelections"]["vacancy"]["machineTypes"][0]
        zones = [each["zone"].split("/")[1] for each in asked["distributionPolicy"].get("zones", [])]
        score = self.state.set["obtainability"].get(f"{machine}@{zones[0] if zones else region}")
        if score is None:
            return self.send(200, {})
        host = f"https://www.googleapis.com/compute/v1/projects/p/zones/{zones[0] if zones else region + '-c'}"
        shard = {"zone": host, "machineType": machine, "instanceCount": asked["size"], "provisioningModel": "SPOT"}
        self.send(200, {"recommendations": [{"scores": {"obtainability": score, "estimatedUptime": "3600s"}, "shards": [shard]}]})

    def reservations(self):
        items = self.state.set["reservations"]
        begin, size = int(dict(urllib.parse.parse_qsl(self.url.query)).get("pageToken", 0)), self.state.set["page"]
        more = {"nextPageToken": str(begin + size)} if begin + size < len(items) else {}
        self.send(200, {"kind": "compute#reservationList", "items": items[begin : begin + size]} | more)

    def quotas(self):
        quotas = self.state.set["quotas"]
        if quotas is None:
            return self.send(403, {"error": {"code": 403, "errors": [{"reason": "forbidden"}], "message": "no right"}})
        self.send(200, {"quotas": [{"metric": metric, "limit": limit, "usage": usage} for metric, (limit, usage) in quotas.items()]})


class CloudServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024

    def __init__(self, public_key=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.state, self.public_key = State(), public_key

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--public-key")
    server = CloudServer(options.parse_args().public_key)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    print(f"port {server.server_address[1]}", flush=True)
    sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
