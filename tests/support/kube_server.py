#!/usr/bin/env python3
"""An API server of Kubernetes as far as lists of nodes and pods need it, with every fault that such a list can have.

It speaks the protocol of lists: limit and continue, 410 when a continue token is too old, fieldSelector, bearer tokens
and client certificates, Status objects for refusals; and discovery, so that kubectl can ask it.

A class for tests in Python. As a program: prints "port N" when it listens, and ends at the end of standard input.
Usage: kube_server.py [--nodes FILE] [--pods FILE] [--token TOKEN] [--cert PEM --key PEM [--client-ca PEM]]

FILE has a list of objects as JSON. Standard library only. POST /control takes {"faults": […], "forbidden": ["pods"],
"tokens": ["…"]}, each of them optional; GET /control tells {"requests": ["/api/v1/nodes?limit=500", …]}. Each fault is
for one request, in order; "" is none:
  gone        410: the continue token is too old
  busy        429 with Retry-After: 1; busy-now has 0
  error       500
  cut         half of the list that Content-Length announces
  hang        nothing, until the server ends
  status      a Status with code 200
  page        a page in HTML with status 200
  other-kind  a list of another kind
  loop        the same continue token again and again
"""

import argparse
import base64
import contextlib
import http.server
import json
import ssl
import sys
import threading
import urllib.parse

KINDS = {"nodes": "NodeList", "pods": "PodList"}


def selects(selector, item):
    """Does a fieldSelector select this object? KeyError for a field that the API does not know."""
    fields = {"metadata.name": item["metadata"]["name"], "metadata.namespace": item["metadata"].get("namespace", ""),
              "spec.nodeName": item["spec"].get("nodeName", ""), "status.phase": item["status"].get("phase", "")}
    for term in filter(None, selector.split(",")):
        name, _, value = term.replace("==", "=").partition("=")
        if (fields[name.rstrip("!")] == value) == name.endswith("!"):
            return False
    return True


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def handle(self):
        # Clients that give up, or do not trust the certificate, are what the tests are about.
        with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
            super().handle()

    def send(self, status, body, length=None, **headers):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in ({"Content_Type": "application/json", "Content_Length": length or len(body)} | headers).items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, code, reason, message, **headers):
        self.send(code, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
                         "reason": reason, "code": code}, **headers)

    def user(self):
        """Who asks; "" for nobody."""
        certificate = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        if certificate:
            return dict(pair[0] for pair in certificate["subject"])["commonName"]
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if not self.server.tokens:
            return "system:anonymous"
        return "system:serviceaccount:vacancy:vacancy-hardware" if scheme == "Bearer" and token in self.server.tokens else ""

    def do_POST(self):
        changes = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for name, value in changes.items():
            setattr(self.server, name, value)
        self.send(200, {})

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/control":
            return self.send(200, {"requests": self.server.requests})
        user = self.user()
        with self.server.lock:
            self.server.requests.append(self.path)
        if not user:
            return self.refuse(401, "Unauthorized", "Unauthorized")
        parts = url.path.strip("/").split("/")
        query = dict(urllib.parse.parse_qsl(url.query))
        if parts[:2] == ["api", "v1"] and len(parts) == 3 and parts[2] in KINDS:
            return self.list(parts[2], query, user)
        known = self.server.discovery(url.path)
        return self.send(200, known) if known else self.refuse(404, "NotFound", "the server could not find the requested resource")

    def list(self, what, query, user):
        with self.server.lock:
            fault = self.server.faults.pop(0) if self.server.faults else ""
        if what in self.server.forbidden:
            return self.refuse(403, "Forbidden", f'{what} is forbidden: User "{user}" cannot list resource "{what}" in API '
                               'group "" at the cluster scope')
        try:
            page = self.server.page(what, query)
        except KeyError as field:
            return self.refuse(400, "BadRequest", f"field label not supported: {field.args[0]}")
        if not fault:
            return self.send(200, page)
        return getattr(self, "fault_" + fault.replace("-", "_"))(page)

    def fault_gone(self, _):
        self.refuse(410, "Expired", "The provided continue parameter is too old to display a consistent list result.")

    def fault_busy(self, _):
        self.refuse(429, "TooManyRequests", "Too many requests, please try again later.", Retry_After=1)

    def fault_busy_now(self, _):
        self.refuse(429, "TooManyRequests", "Too many requests, please try again later.", Retry_After=0)

    def fault_error(self, _):
        self.refuse(500, "InternalError", "etcdserver: request timed out")

    def fault_cut(self, page):
        self.send(200, page[:len(page) // 2], len(page))
        self.close_connection = True

    def fault_hang(self, _):
        self.server.ending.wait()
        self.close_connection = True

    def fault_status(self, _):
        self.refuse(200, "", "all is well")

    def fault_page(self, _):
        self.send(200, b"<!doctype html>\n<title>Sign in</title>", Content_Type="text/html")

    def fault_other_kind(self, _):
        self.send(200, {"kind": "NodeMetricsList", "apiVersion": "v1", "metadata": {}, "items": []})

    def fault_loop(self, page):
        with self.server.lock:
            self.server.faults.append("loop")
        self.send(200, json.loads(page) | {"metadata": {"continue": "again"}})


class KubeServer(http.server.ThreadingHTTPServer):
    """Serves on a free port of 127.0.0.1 while it is entered: `with KubeServer(nodes, pods) as server: … server.url`."""

    daemon_threads = True
    block_on_close = False  # hang
    request_queue_size = 128

    def __init__(self, nodes=(), pods=(), tokens=(), cert=None, key=None, client_ca=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.objects = {"nodes": list(nodes), "pods": list(pods)}
        self.tokens, self.faults, self.forbidden = list(tokens), [], []
        self.requests, self.pages = [], {}
        self.lock, self.ending = threading.Lock(), threading.Event()
        self.scheme = "https" if cert else "http"
        if cert:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, key)
            if client_ca:
                context.load_verify_locations(client_ca)
                context.verify_mode = ssl.CERT_OPTIONAL
            # The handshake is the connection's thread's work.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def port(self):
        return self.server_address[1]

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def set(self, **objects):
        """Other nodes or pods from now on."""
        with self.lock:
            self.objects.update(objects)
            self.pages.clear()

    def page(self, what, query):
        """The bytes of a page, which are made once."""
        asked = (what, query.get("limit"), query.get("continue"), query.get("fieldSelector", ""))
        with self.lock:
            if asked not in self.pages:
                self.pages[asked] = json.dumps(self.list(*asked)).encode()
            return self.pages[asked]

    def list(self, what, limit, token, selector):
        items = [item for item in self.objects[what] if selects(selector, item)]
        start = json.loads(base64.urlsafe_b64decode(token))["start"] if token and token != "again" else 0
        end = start + int(limit) if limit and int(limit) > 0 else len(items)
        metadata = {"resourceVersion": "7"}
        if end < len(items):
            after = {"v": "meta.k8s.io/v1", "rv": 7, "start": end}
            metadata |= {"continue": base64.urlsafe_b64encode(json.dumps(after).encode()).decode(),
                         "remainingItemCount": len(items) - end}
        return {"kind": KINDS[what], "apiVersion": "v1", "metadata": metadata, "items": items[start:end]}

    @staticmethod
    def discovery(path):
        resources = [{"name": what, "singularName": "", "namespaced": what == "pods", "kind": kind.removesuffix("List"),
                      "verbs": ["get", "list"], "shortNames": [what[:2]]} for what, kind in KINDS.items()]
        return {"/api": {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
                "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
                "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": resources},
                "/version": {"major": "1", "minor": "32", "gitVersion": "v1.32.0"}}.get(path)

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.shutdown()
        self.server_close()


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("--nodes", "--pods", "--token", "--cert", "--key", "--client-ca"):
        options.add_argument(name)
    given = options.parse_args()

    def read(file):
        if not file:
            return []
        with open(file, encoding="utf-8") as content:
            return json.load(content)

    tokens = [given.token] if given.token else []
    with KubeServer(read(given.nodes), read(given.pods), tokens, given.cert, given.key, given.client_ca) as server:
        print(f"port {server.port}", flush=True)
        sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
