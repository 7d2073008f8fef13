#!/usr/bin/env python3
"""A directory server of a test's own: OpenLDAP's slapd on loopback, on free ports, with a folder of its own, not as root.

    slapd.py start DIR [--tls] [--session-log N] [--no-sync] [--size-limit N] [--server-id N] [--follows DIR]
    slapd.py again DIR          starts it again on its data and ports, after somebody ended it
    slapd.py stop DIR           stops it, by its own process number

`start` makes DIR and writes DIR/env (shell assignments). People stand under ou=people,dc=meshgate,dc=test, groups under ou=groups. Two accounts: cn=admin may do
everything; cn=reader may read everything but passwords, as connectors/ldap/README.md says it should be granted.
"""

import argparse
import base64
import grp
import json
import os
import pwd
import shlex
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SUFFIX = "dc=meshgate,dc=test"
SLAPD = "/usr/sbin/slapd"

CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
include HERE/ldap/meshgate_test.schema
pidfile FOLDER/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload syncprov
moduleload ppolicy
sockbuf_max_incoming 134217728
sockbuf_max_incoming_auth 134217728
sizelimit SIZE_LIMIT
serverID SERVER_ID
loglevel none
TLS
access to dn.base="" by * read
access to dn.base="cn=Subschema" by * read
database mdb
suffix "SUFFIX"
rootdn "cn=admin,SUFFIX"
rootpw ADMIN_PASSWORD
directory FOLDER/data
maxsize 4294967296
envflags nosync
checkpoint 0 0
index objectClass,entryUUID,entryCSN,uid,cn,id eq
index modifyTimestamp eq
access to attrs=userPassword by anonymous auth by * none
MORE_ACCESS
access to * by dn.exact="cn=reader,SUFFIX" read by * none
LIMITS
FOLLOWS
SYNC
overlay ppolicy
POLICY
"""

ENTRIES = """dn: SUFFIX
objectClass: dcObject
objectClass: organization
o: Meshgate
dc: meshgate

dn: cn=reader,SUFFIX
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: READER_PASSWORD

dn: ou=people,SUFFIX
objectClass: organizationalUnit
ou: people

dn: ou=groups,SUFFIX
objectClass: organizationalUnit
ou: groups
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def password():
    return os.urandom(12).hex()


class Slapd:
    """One server in one folder. Made anew, or found where it was made before."""

    def __init__(self, folder, **options):
        self.folder = os.path.abspath(folder)
        self.pid_file = os.path.join(self.folder, "slapd.pid")
        kept = os.path.join(self.folder, "settings.json")
        if os.path.exists(kept):
            with open(kept, encoding="utf-8") as file:
                self.__dict__.update(json.load(file))
            return
        self.tls = options.get("tls", False)
        self.session_log = options.get("session_log", 0)
        self.sync = options.get("sync", True)
        self.size_limit = options.get("size_limit", "unlimited")
        self.server_id = options.get("server_id", 1)
        self.follows = options.get("follows")
        self.more_access = ""  # a rule before the last one
        self.policy = ""  # the name of the usual password policy's entry
        self.admin_password = options.get("admin_password") or password()
        self.reader_password = options.get("reader_password") or password()
        self.address = options.get("address", "127.0.0.1")
        self.port, self.tls_port = free_port(), free_port()
        os.makedirs(os.path.join(self.folder, "data"))
        with open(kept, "w", encoding="utf-8") as file:
            json.dump({name: value for name, value in self.__dict__.items()}, file)
        os.chmod(kept, 0o600)
        if self.tls:
            self.make_certificates()
        self.write_configuration()
        if not self.follows:
            self.fill()

    @property
    def url(self):
        return f"ldap://{self.address}:{self.port}"

    @property
    def tls_url(self):
        return f"ldaps://{self.address}:{self.tls_port}"

    @property
    def admin(self):
        return f"cn=admin,{SUFFIX}"

    @property
    def reader(self):
        return f"cn=reader,{SUFFIX}"

    def write_configuration(self):
        """Also after an option was changed; the server reads it when it starts."""
        tls = "\n".join(f"{name} {self.folder}/{file}" for name, file in
                        (("TLSCACertificateFile", "ca.pem"), ("TLSCertificateFile", "server.pem"), ("TLSCertificateKeyFile", "server.key")))
        tls += f"\nTLSVerifyClient try\nauthz-regexp \"^cn=([^,]+)$\" \"cn=$1,{SUFFIX}\""
        sync = "overlay syncprov\nsyncprov-checkpoint 1 1\n" + (f"syncprov-sessionlog {self.session_log}" if self.session_log else "")
        follows = (f'syncrepl rid=1 provider={self.follows} type=refreshAndPersist retry="1 +" searchbase="{SUFFIX}" bindmethod=simple binddn="{self.admin}" '
                   f"credentials={self.admin_password}\nupdateref {self.follows}" if self.follows else "")
        words = {"HERE": HERE, "FOLDER": self.folder, "SIZE_LIMIT": str(self.size_limit), "SERVER_ID": str(self.server_id), "TLS\n": (tls if self.tls else "") + "\n",
                 "SUFFIX": SUFFIX, "ADMIN_PASSWORD": self.admin_password, "FOLLOWS": follows, "SYNC": sync if self.sync else "",
                 "MORE_ACCESS": self.more_access, "POLICY": f'ppolicy_default "{self.policy}"' if self.policy else "",
                 "LIMITS": f'limits dn.exact="cn=reader,{SUFFIX}" size.soft={self.size_limit} size.hard={self.size_limit} size.prtotal={self.size_limit} time=unlimited'}
        text = CONFIGURATION
        for name, value in words.items():
            text = text.replace(name, value)
        path = os.path.join(self.folder, "slapd.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o600)

    def fill(self):
        entries = ENTRIES.replace("SUFFIX", SUFFIX).replace("READER_PASSWORD", self.reader_password)
        subprocess.run(["/usr/sbin/slapadd", "-q", "-w", "-f", os.path.join(self.folder, "slapd.conf")], input=entries.encode(), check=True, stderr=subprocess.DEVNULL)

    def make_certificates(self, expired=False):
        """`expired`: the server's own is one that was good until yesterday."""
        def openssl(*words):
            subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder)

        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        if not os.path.exists(os.path.join(self.folder, "ca.pem")):
            openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=Test authority")
        for name, subject, names in (("server", "/CN=localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1"), ("reader", "/CN=reader", "subjectAltName=DNS:reader")):
            openssl("req", *curve, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
            with open(os.path.join(self.folder, f"{name}.ext"), "w", encoding="ascii") as file:
                file.write(names)
            openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "-1" if expired else "30", "-extfile", f"{name}.ext", "-out", f"{name}.pem")

    def start(self):
        """Returns once it answers."""
        urls = self.url + (f" {self.tls_url}" if self.tls else "")
        command = [SLAPD, "-f", os.path.join(self.folder, "slapd.conf"), "-h", urls, "-d", "0"]
        if os.getuid() == 0 and "MESHGATE_IN_NAMESPACE" not in os.environ:  # where there is no other user
            user = pwd.getpwnam("openldap")
            for root, _, files in os.walk(self.folder):
                for path in (root, *(os.path.join(root, name) for name in files)):
                    os.chown(path, user.pw_uid, grp.getgrnam("openldap").gr_gid)
            command += ["-u", "openldap", "-g", "openldap"]
        with open(os.path.join(self.folder, "log"), "ab") as log:
            server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if server.poll() is not None:
                raise SystemExit(f"slapd ended with {server.returncode}; see {self.folder}/log")
            with socket.socket() as probe:
                if probe.connect_ex((self.address, self.port)) == 0 and os.path.exists(self.pid_file):
                    return self
            time.sleep(0.01)
        raise SystemExit(f"slapd does not answer; see {self.folder}/log")

    def process(self):
        """Its number, or nothing where that is not this server any more."""
        try:
            with open(self.pid_file, encoding="ascii") as file:
                number = int(file.read())
            with open(f"/proc/{number}/cmdline", "rb") as file:
                return number if self.folder.encode() in file.read() else None
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return None

    def signal(self, which):
        number = self.process()
        if number:
            os.kill(number, which)
        return number

    def end(self, which):
        """Waits until it is gone."""
        number = self.signal(which)
        if which != signal.SIGKILL:
            self.signal(signal.SIGCONT)
        end = time.monotonic() + 60
        while number and time.monotonic() < end:
            try:
                if os.waitpid(number, os.WNOHANG)[0] == number:
                    break
            except ChildProcessError:
                if not self.process():
                    break
            time.sleep(0.01)
        if os.path.exists(self.pid_file):
            os.unlink(self.pid_file)

    def kill(self):
        self.end(signal.SIGKILL)

    def stop(self):
        self.end(signal.SIGTERM)

    def modify(self, ldif, check=True, relax=False):
        """Changes as LDIF has them, one after the other, as the administrator; with `relax` also of what the server alone writes. The exit code of ldapmodify."""
        done = subprocess.run(["ldapmodify", "-x", *(["-e", "relax"] if relax else []), "-H", self.url, "-D", self.admin, "-w", self.admin_password, "-c"], input=ldif.encode(), capture_output=True)
        if check and done.returncode != 0:
            raise SystemExit(f"ldapmodify ended with {done.returncode}: {done.stderr.decode()}")
        return done.returncode

    def search(self, base, filter_text, *attributes):
        """[(dn, {attribute: [values]})] as the reader sees them."""
        done = subprocess.run(["ldapsearch", "-x", "-H", self.url, "-D", self.reader, "-w", self.reader_password, "-LLL", "-o", "ldif-wrap=no", "-b", base, filter_text, *attributes],
                              capture_output=True, check=True)
        return entries_of(done.stdout.decode())

    def count(self, base):
        """Entries at and under a base, as the reader sees them; 0 where it cannot be asked."""
        done = subprocess.run(["ldapsearch", "-x", "-H", self.url, "-D", self.reader, "-w", self.reader_password, "-LLL", "-b", base, "1.1"], capture_output=True)
        return done.stdout.decode().count("dn: ")

    def environment(self):
        return {"MESHGATE_TEST_LDAP_URL": self.url, "MESHGATE_TEST_LDAPS_URL": self.tls_url, "MESHGATE_TEST_LDAP_BASE": SUFFIX, "MESHGATE_TEST_LDAP_ADMIN": self.admin,
                "MESHGATE_TEST_LDAP_ADMIN_PASSWORD": self.admin_password, "MESHGATE_TEST_LDAP_READER": self.reader, "MESHGATE_TEST_LDAP_READER_PASSWORD": self.reader_password,
                "MESHGATE_TEST_LDAP_CA": os.path.join(self.folder, "ca.pem"), "MESHGATE_TEST_LDAP_DIR": self.folder}


def text_or_bytes(value):
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def entries_of(ldif):
    out = []
    for block in ldif.split("\n\n"):
        name, values = None, {}
        for line in block.splitlines():
            attribute, _, value = line.partition(":")
            if line.startswith("#") or not attribute:
                continue
            value = text_or_bytes(base64.b64decode(value[1:].strip())) if value.startswith(":") else value.strip()
            if attribute == "dn":
                name = value
            else:
                values.setdefault(attribute, []).append(value)
        if name is not None:
            out.append((name, values))
    return out


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("action", choices=["start", "again", "stop"])
    arguments.add_argument("dir")
    arguments.add_argument("--tls", action="store_true")
    arguments.add_argument("--session-log", type=int, default=0)
    arguments.add_argument("--no-sync", action="store_true")
    arguments.add_argument("--size-limit", default="unlimited")
    arguments.add_argument("--server-id", type=int, default=1)
    arguments.add_argument("--follows", help="a replica of the server in that folder, with its passwords")
    options = arguments.parse_args()
    if not os.path.exists(SLAPD):
        sys.exit("tests/services: slapd is missing: apt-get install slapd ldap-utils")
    more = {}
    if options.follows:
        provider = Slapd(options.follows)
        more = {"follows": provider.url, "admin_password": provider.admin_password, "reader_password": provider.reader_password}
    server = Slapd(options.dir, tls=options.tls, session_log=options.session_log, sync=not options.no_sync, size_limit=options.size_limit, server_id=options.server_id, **more)
    if options.action == "stop":
        server.stop()
        return
    server.start()
    text = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in server.environment().items())
    with open(os.path.join(server.folder, "env"), "w", encoding="utf-8") as file:
        file.write(text)
    print(text, end="")


if __name__ == "__main__":
    main()
