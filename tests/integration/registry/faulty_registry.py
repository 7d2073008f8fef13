"""A server that has the interface of a schema registry and every fault of one; what it does stands in front of the path."""

import base64
import http.server
import json
import ssl
import threading

SCHEMA = {"schema": '"long"'}
USER, PASSWORD = "reader", "a secret: wörd"


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        what = self.path.split("/")[1]
        if what == "hang":
            self.server.released.wait()
            self.close_connection = True
        elif what == "cut":
            self.close_connection = True
        elif what == "away":
            self.answer(503, b"no leader")
        elif what == "busy":
            self.answer(429, b"slowly")
        elif what == "moved":
            self.send_response(302)
            self.send_header("Location", "/good/schemas/ids/1")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif what == "page":
            self.answer(404, b"<html>nothing here</html>")
        elif what == "text":
            self.answer(200, b"welcome")
        elif what == "empty":
            self.answer(200, b"{}")
        elif what == "strange":
            self.answer(200, json.dumps({"schemaType": "XSD", "schema": "x"}).encode())
        elif what == "huge":
            self.answer(200, b'{"schema":"' + b"x" * (20 << 20) + b'"}')
        elif what == "circle":
            self.answer(200, json.dumps({**SCHEMA, "references": [{"name": "a", "subject": "s/ b", "version": 1}, {"name": "b", "subject": "s", "version": 2}]}).encode())
        elif what == "dangling":
            known = "ids" in self.path
            self.answer(200 if known else 404, json.dumps({**SCHEMA, "references": [{"name": "a", "subject": "gone", "version": 3}]} if known else {"error_code": 40402, "message": "x"}).encode())
        elif what == "locked":
            expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            self.answer(200 if self.headers.get("Authorization") == expected else 401, json.dumps(SCHEMA).encode())
        else:
            self.answer(200, json.dumps(SCHEMA).encode())

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:  # it has heard enough
            self.close_connection = True

    def log_message(self, *words):
        pass


class FaultyRegistry:
    """On a free port of loopback, over TLS where a certificate is given."""

    def __init__(self, certificate=None, key=None):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.server.daemon_threads = True
        self.server.released = threading.Event()
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate, key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
            self.scheme = "https"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.server.server_address[1]}"

    def stop(self):
        self.server.released.set()
        self.server.shutdown()
        self.server.server_close()
