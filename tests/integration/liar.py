"""A peer that stands before a gateway, for tests, and gives what that says in a way of its own."""

import contextlib
import http.client
import http.server
import json
import threading

from processes import HERE


def served(place, handler):
    """A server of HTTP there, on a port of its own; what it asks for others is asked from there."""
    def start():
        server = http.server.ThreadingHTTPServer((place.address, 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server
    return place.run(start)


def left_out(lines):
    return (line for line in lines if not (line.startswith(b'{"put"') and b'"id":"77"' in line))


class Liar:
    """A peer in front of the gateway, whose lines of /sync pass through `lie`."""

    def __init__(self, gateway, lie, place=HERE):
        outer = self
        self.asked = 0
        self.questions = []  # of /sync
        self.protocol = None  # that is said in place of the gateway's

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def log_message(self, *_):
                pass

            def forward(self, body):
                upstream = gateway.connection()
                upstream.request(self.command, self.path, body, {"Content-Type": self.headers.get("Content-Type", "")} if body else {})
                answer = upstream.getresponse()
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.getheader("Content-Type"))
                self.send_header("Meshgate-Protocol", outer.protocol or answer.getheader("Meshgate-Protocol"))
                self.end_headers()
                return answer

            def do_GET(self):
                with contextlib.suppress(OSError):
                    self.wfile.write(self.forward(None).read())

            def do_POST(self):
                outer.asked += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.questions.append(json.loads(body))
                with contextlib.suppress(OSError, http.client.HTTPException):
                    answer = self.forward(body)
                    for line in lie(iter(answer.readline, b"")):
                        self.wfile.write(line)
                        self.wfile.flush()

        self.server = served(place, Handler)
        self.url = f"http://{place.address}:{self.server.server_address[1]}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
