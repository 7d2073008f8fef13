"""Certificates that a test makes for itself."""

import os
import subprocess


class Authority:
    def __init__(self, folder):
        self.folder = folder
        self.openssl("req", "-x509", *self.key("ca"), "-days", "90", "-subj", "/CN=corp", "-out", "ca.pem")

    @staticmethod
    def key(name):
        return "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key"

    def openssl(self, *words):
        return subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True, stdin=subprocess.DEVNULL).stdout.decode()

    def path(self, name):
        return os.path.join(self.folder, name)

    @property
    def certificate(self):
        return self.path("ca.pem")

    def sign(self, name, days=90):
        """NAME.pem and NAME.key for 127.0.0.1, each put in place in one step; its serial number."""
        self.openssl("req", *self.key(name + ".new"), "-subj", f"/O=corp/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-out", name + ".csr")
        self.openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy", "-days", str(days), "-out", name + ".new.pem")
        os.chmod(self.path(name + ".new.key"), 0o600)
        os.replace(self.path(name + ".new.key"), self.path(name + ".key"))
        os.replace(self.path(name + ".new.pem"), self.path(name + ".pem"))
        return self.openssl("x509", "-noout", "-serial", "-in", name + ".pem").strip()
