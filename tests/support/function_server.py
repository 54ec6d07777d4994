#!/usr/bin/env python3
"""An HTTP or HTTPS server that answers like a function that measures, and with every fault such an answer can have.

A class for tests in Python. As a program: prints "port N" when it listens, and ends at the end of standard input.
Usage: function_server.py [--cert PEM --key PEM] [--access-key ID --secret KEY [--session-token TOKEN]]

Standard library only. The paths, which answer every method:
  /level?level=LOW&free=3…      these values as JSON (numbers where they look like some)
  /slow?seconds=0.5             HIGH after a while
  /hang                         nothing, until the server ends
  /drop                         closes the connection instead of an answer
  /cut                          half of the body that Content-Length announces
  /type                         a page in HTML with status 200
  /huge?bytes=N                 so many bytes, their number announced; with chunked=1 not announced
  /gzip-bomb?bytes=N            the same, packed
  /headers?bytes=N              so many bytes of headers
  /loop                         a redirect to itself
  /redirect?to=URL&code=302     a redirect
  /status?code=503&retry_after=7  that status, with a text; phrase=TEXT beside it
  /text?text=TEXT               TEXT with status 200
  /function-error               status 200 with X-Amz-Function-Error, as Lambda reports errors
  /echo                         HIGH; the reason is the request as JSON: method, target, headers, body
  /protected?authorization=TEXT   HIGH when the request's Authorization is TEXT ("" for none), else 401
  /count?path=/level            how many requests for that path came so far, in "free"
  /sigv4                        HIGH when the request is signed (AWS Signature Version 4) with --access-key, else 403
  /document                     server.document, which a test in Python sets
  /json?body=JSON               JSON with status 200
  /page?n=1&of=3                page n: {"items": [{"id": "n", "free": n}], "next": URL or null, "token": n + 1 or null},
                                with a Link header, too; loop=1: the page after the last is the first; relative=1: "?…"
  /token                        a token for the client "our client" with the secret "a:b+c"; life=SECONDS, error=CODE
  /granted?least=1              HIGH when the request has a token of /token, the least-th or a later one, else 401; "free" is its number
  /batch                        a list with HIGH for each profile of the list that was sent, and its place in "free"
"""

import argparse
import base64
import collections
import contextlib
import datetime
import gzip
import hashlib
import hmac
import http.server
import json
import ssl
import sys
import threading
import time
import urllib.parse

ALGORITHM = "AWS4-HMAC-SHA256"
LONGEST_SKEW = 15 * 60  # seconds


def keyed(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def canonical_query(query):
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    plain = ((urllib.parse.unquote(name), urllib.parse.unquote(value)) for name, _, value in pairs)
    quote = urllib.parse.quote
    return "&".join("=".join(pair) for pair in sorted((quote(n, safe="-_.~"), quote(v, safe="-_.~")) for n, v in plain))


def sigv4_error(method, target, headers, body, credentials):
    """What is wrong with the signature of a request, or "". After "Create a signed AWS API request" of AWS's guide."""
    given = headers.get("Authorization", "")
    if not given.startswith(ALGORITHM + " "):
        return "no signature"
    fields = dict(field.strip().split("=", 1) for field in given[len(ALGORITHM) :].split(","))
    access_key, scope = fields["Credential"].split("/", 1)
    day, region, service, end = scope.split("/")
    stamp = headers.get("X-Amz-Date", "")
    when = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    names = fields["SignedHeaders"].split(";")
    if access_key != credentials.access_key or end != "aws4_request" or not stamp.startswith(day):
        return f"wrong credential {fields['Credential']}"
    if abs(time.time() - when.timestamp()) > LONGEST_SKEW:
        return f"signed at another time, {stamp}"
    if headers.get("X-Amz-Security-Token", "") != credentials.session_token:
        return "wrong session token"
    must = {"host"} | {name.lower() for name in headers if name.lower().startswith("x-amz-")}
    if names != sorted(names) or not must <= set(names):
        return f"signed headers are {names}, and must be sorted and include {sorted(must)}"
    missing = [name for name in names if name not in headers]
    if missing:
        return f"signed headers that are not there: {missing}"
    path, _, query = target.partition("?")
    canonical = "\n".join(
        [method, urllib.parse.quote(path, safe="/-_.~"), canonical_query(query)]
        + [f"{name}:{' '.join(headers[name].split())}" for name in names]
        + ["", ";".join(names), hashlib.sha256(body).hexdigest()]
    )
    to_sign = "\n".join([ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + credentials.secret).encode()
    for part in (day, region, service, end):
        key = keyed(key, part)
    good = hmac.compare_digest(keyed(key, to_sign).hex(), fields["Signature"])
    return "" if good else f"the signature differs from that of {canonical!r}"


Credentials = collections.namedtuple("Credentials", "access_key secret session_token", defaults=("", "", ""))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *_):
        pass

    def handle(self):
        # Clients that give up, or do not trust the certificate, are what the tests are about.
        with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
            super().handle()

    def parse_request(self):
        if not super().parse_request():
            return False
        self.url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(self.url.query, keep_blank_values=True))
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.count(self.url.path, self.path)
        if self.server.down.is_set():
            self.close()
            return False
        name = "answer_" + self.url.path.strip("/").replace("-", "_")
        answer = getattr(self, name, lambda: self.send(404, f"no {self.url.path}"))
        setattr(self, "do_" + self.command, answer)
        return True

    def send(self, status, body, phrase=None, **headers):
        """Header names have _ for -. A body that is not text or bytes is sent as JSON."""
        if not isinstance(body, (str, bytes)):
            body, headers = json.dumps(body), {"Content_Type": "application/json"} | headers
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status, phrase)
        for name, value in ({"Content_Length": len(body)} | headers).items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_high(self, reason):
        self.send(200, {"level": "HIGH", "reason": reason})

    def close(self):
        self.close_connection = True

    def answer_level(self):
        def value(text):
            with contextlib.suppress(ValueError):
                return float(text)
            return text

        self.send(200, {name: value(text) for name, text in self.query.items()})

    def answer_slow(self):
        self.server.ending.wait(float(self.query["seconds"]))
        self.send_high("slow")

    def answer_hang(self):
        self.server.ending.wait()
        self.close()

    def answer_drop(self):
        self.close()

    def answer_cut(self):
        self.send(200, '{"level":"HIGH",', Content_Length=1000)
        self.close()

    def answer_type(self):
        self.send(200, "<!doctype html>\n<title>Sign in</title>", Content_Type="text/html")

    def answer_huge(self):
        left = int(self.query["bytes"])
        self.send_response(200)
        self.send_header(*(("Connection", "close") if "chunked" in self.query else ("Content-Length", str(left))))
        self.end_headers()
        self.close()
        while left > 0:
            left -= self.wfile.write(b" " * min(left, 65536))

    def answer_gzip_bomb(self):
        self.send(200, gzip.compress(b" " * int(self.query["bytes"])), Content_Encoding="gzip")

    def answer_headers(self):
        self.send(200, "{}", **{f"X_{i}": "x" * 1000 for i in range(int(self.query["bytes"]) // 1000)})

    def answer_loop(self):
        self.send(302, "", Location="/loop")

    def answer_redirect(self):
        self.send(int(self.query.get("code", 302)), "moved", Location=self.query["to"])

    def answer_status(self):
        extra = {"Retry_After": self.query["retry_after"]} if "retry_after" in self.query else {}
        self.send(int(self.query["code"]), "the function is\nbusy", self.query.get("phrase"), **extra)

    def answer_text(self):
        self.send(200, self.query["text"])

    def answer_function_error(self):
        error = {"errorType": "KeyError", "errorMessage": "name"}
        self.send(200, error, X_Amz_Function_Error="Unhandled")

    def answer_echo(self):
        seen = {"method": self.command, "target": self.path, "headers": dict(self.headers), "body": self.body.decode()}
        self.send_high(seen)

    def answer_protected(self):
        right = self.headers.get("Authorization", "") == self.query["authorization"]
        self.send_high("let in") if right else self.send(401, "wrong authorization")

    def answer_count(self):
        counts = self.server.counts()
        self.send(200, {"level": "HIGH", "free": counts[self.query["path"]], "counts": counts})

    def answer_sigv4(self):
        error = sigv4_error(self.command, self.path, self.headers, self.body, self.server.credentials)
        self.send(403, error) if error else self.send_high("signed")

    def answer_document(self):
        self.send(200, self.server.document)

    def answer_json(self):
        self.send(200, self.query["body"], Content_Type="application/json")

    def answer_page(self):
        number, last = int(self.query["n"]), int(self.query["of"])
        after = number + 1 if number < last else 1 if "loop" in self.query else None
        here = "" if "relative" in self.query else "/page"
        url = after and f"{here}?{urllib.parse.urlencode(self.query | {'n': after})}"
        link = {"Link": f'</page>; rel="first", <{url}>; rel="next"'} if url else {}
        self.send(200, {"items": [{"id": str(number), "free": number}], "next": url, "token": after}, **link)

    def answer_token(self):
        right = "Basic " + base64.b64encode(b"our%20client:a%3Ab%2Bc").decode()
        form = urllib.parse.parse_qs(self.body.decode())
        if self.headers.get("Authorization") != right or form.get("grant_type") != ["client_credentials"]:
            self.send(401, {"error": "invalid_client"})
        elif "error" in self.query:
            self.send(400, {"error": self.query["error"]})
        else:
            with self.server.lock:
                self.server.tokens += 1
                token = f"the-token-{self.server.tokens}"
            self.send(200, {"access_token": token, "token_type": "Bearer", "expires_in": int(self.query.get("life", 3600))})

    def answer_granted(self):
        kind, _, number = self.headers.get("Authorization", "").rpartition("-")
        right = kind == "Bearer the-token" and int(number) >= int(self.query.get("least", 1))
        self.send(200, {"level": "HIGH", "free": int(number)}) if right else self.send(401, f"not {self.headers.get('Authorization')}")

    def answer_batch(self):
        asked = json.loads(self.body)
        keys = ({"provider": profile["provider"], "name": profile["name"]} for profile in asked)
        self.send(200, [key | {"level": "HIGH", "free": i} for i, key in enumerate(keys)])


class FunctionServer(http.server.ThreadingHTTPServer):
    """Serves on a free port of 127.0.0.1 while it is entered: `with FunctionServer() as server: … server.url`."""

    daemon_threads = True
    block_on_close = False  # /hang
    request_queue_size = 1024

    def __init__(self, cert=None, key=None, credentials=Credentials()):
        super().__init__(("127.0.0.1", 0), Handler)
        self.credentials = credentials
        self.tokens = 0
        self.document = {}
        self.ending = threading.Event()
        # Set, it closes every connection instead of an answer.
        self.down = threading.Event()
        self.requests = collections.Counter()
        # Of each request: when it was here, by time.monotonic(), and its target.
        self.arrivals = []
        self.lock = threading.Lock()
        self.scheme = "https" if cert else "http"
        if cert:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, key)
            # The handshake is the connection's thread's work.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def port(self):
        return self.server_address[1]

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def count(self, path, target):
        with self.lock:
            self.requests[path] += 1
            self.arrivals.append((time.monotonic(), target))

    def counts(self):
        """Requests so far, by path; 0 for others."""
        with self.lock:
            return self.requests.copy()

    def times(self, start=""):
        """When requests came whose target starts with this, in order."""
        with self.lock:
            return sorted(when for when, target in self.arrivals if target.startswith(start))

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
    for name in ("--cert", "--key"):
        options.add_argument(name)
    for name in ("--access-key", "--secret", "--session-token"):
        options.add_argument(name, default="")
    given = options.parse_args()
    credentials = Credentials(given.access_key, given.secret, given.session_token)
    with FunctionServer(given.cert, given.key, credentials) as server:
        print(f"port {server.port}", flush=True)
        sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
