"""An nginx of a test's own, in front of a node: the configuration that OPERATING.md shows, with the test's ports and files in it."""

import os
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from processes import Process, free_port, wait_for  # noqa: E402

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "gateway", "net", "OPERATING.md")
AROUND = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
worker_processes 1;
events {{ worker_connections 2000; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{shown}
}}
"""


def shown_configuration():
    with open(PAGE, encoding="utf-8") as page:
        return re.search(r"^```nginx\n(.*?)^```$", page.read(), re.M | re.S).group(1)


class Nginx(Process):
    def __init__(self, folder, node_port, certificate, key):
        self.port = free_port()
        shown = shown_configuration()
        for there, here in (("127.0.0.1:7443", f"127.0.0.1:{node_port}"), ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
                            ("/etc/nginx/mesh.pem", certificate), ("/etc/nginx/mesh.key", key)):
            if there not in shown:
                raise SystemExit(f"the configuration in OPERATING.md has no '{there}' any more")
            shown = shown.replace(there, here)
        path = os.path.join(folder, "nginx.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(AROUND.format(folder=folder, shown=shown, user="user root;" if os.geteuid() == 0 else ""))
        super().__init__(["nginx", "-p", folder, "-c", path, "-e", os.path.join(folder, "nginx-error.log")], os.path.join(folder, "nginx.log"))

    def start_and_wait(self):
        self.start()
        wait_for(f"nginx to listen; it says:\n{self.log()}", lambda: self.listens() or not self.running(), 30)
        if not self.running():
            raise SystemExit("nginx ended:\n" + self.log())

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            return True
        except OSError:
            return False
