"""The page at / for people who sign in, in a real browser: who may see nothing is sent to the form; who has signed in sees their name and their feeds, and signs out there; a session that an
administrator ends is over on the open page too; where something is public, the way in is a link.

    page_people_test.py --program build/bin/meshgate
"""

import argparse
import os
import signal
import tempfile

from browser import Browser
from databases import Sqlite
from directory import GROUPS, PEOPLE, DirectoryNode, Slapd, group, reading
from processes import run, wait_for

PASSWORD = "Marked-Page-1"


def configuration(server, database, read):
    return f"""
node: {{ name: branch-7, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources:
  company: {{ connector: ldap, connection: {{ {reading(server)}, insecure: true }} }}
  shop: {{ connector: odbc, connection: {database.connection_yaml()}, every: 1h }}
feeds:
  _users: {{ from: {{ source: company, base: "{PEOPLE}", filter: "(objectClass=inetOrgPerson)" }}, fields: {{ name: uid, dn: dn, disabled: disabled }} }}
  _groups: {{ from: {{ source: company, base: "{GROUPS}", filter: "(objectClass=groupOfNames)" }}, fields: {{ name: cn, dn: dn, members: member }} }}
  menu: {{ from: {{ source: shop, table: menu }}{", read: public" if read == "public" else ""} }}
  sales: {{ from: {{ source: shop, table: sales }}, read: group:sales }}
"""


class Page:
    def __init__(self, browser, url):
        self.browser, self.url = browser, url

    def wait(self, what, expression):
        def holds():
            try:
                return self.browser.value(expression)
            except SystemExit:  # between two pages nothing can be asked
                return False

        wait_for(f"{what} ({expression})", holds)
        print("ok  ", what, flush=True)

    def open(self):
        self.browser.open(self.url + "/")

    def at_the_form(self, what):
        self.wait(what, "location.pathname === '/login' && document.querySelector('[name=password]') !== null")

    def sign_in(self):
        self.browser.value(f"""(() => {{ document.querySelector('[name=username]').value = 'ann'; document.querySelector('[name=password]').value = '{PASSWORD}';
            document.querySelector('main form button').click(); }})()""")
        self.wait("ann's name and feed", "location.pathname === '/' && document.getElementById('name')?.textContent === 'ann' && document.querySelector('tr[data-feed=sales]') !== null")

    def listed(self, *feeds):
        return f"[...document.querySelectorAll('#feeds tr[data-feed]')].map(one => one.dataset.feed).sort().join() === '{','.join(sorted(feeds))}'"


def go_through(page, node, server, database):
    page.open()
    page.at_the_form("who may see nothing is sent to the form")
    page.sign_in()
    page.browser.value("document.getElementById('out').click()")
    page.at_the_form("signing out leads to the form")
    page.open()
    page.at_the_form("who has signed out is nobody")
    page.sign_in()
    device = page.browser.value("fetch('auth/person').then(answer => answer.json()).then(who => who.device)")
    code, out, err = run([node.program, "devices", "revoke", device, "-c", node.config])
    if code != 0:
        raise SystemExit(f"revoke: {out}{err}")
    page.at_the_form("a session that was ended is over on the open page")
    node.configure(configuration(server, database, "public"))
    node.process.send_signal(signal.SIGHUP)
    wait_for("the menu to be everybody's", lambda: "changed: feeds.menu.read" in node.log())
    page.open()
    page.wait("where something is public, the way in is a link", f"document.querySelector('#person a')?.textContent === 'Sign in' && {page.listed('menu')}")
    page.browser.value("document.querySelector('#person a').click()")
    page.at_the_form("which leads to the form")
    page.sign_in()
    page.wait("and the rest is there", page.listed("menu", "sales"))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    program = os.path.abspath(arguments.parse_args().program)
    with tempfile.TemporaryDirectory(prefix="meshgate-people-") as folder:
        os.chmod(folder, 0o755)
        server = Slapd(os.path.join(folder, "slapd"))
        server.start()
        server.modify(f"dn: uid=ann,{PEOPLE}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: ann\ncn: ann\nsn: Name\nuserPassword: {PASSWORD}\n\n" + group("sales", [f"uid=ann,{PEOPLE}"]))
        database = Sqlite(folder)
        for name in ("menu", "sales"):
            database.run(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, text TEXT)", f"INSERT INTO {name} VALUES (1, 'one')")
        node = DirectoryNode(program, folder, configuration(server, database, "nobody"))
        try:
            with node.stopped_in_the_end():
                node.start_and_wait("_users", "_groups", "menu", "sales")
                browser = Browser(folder)
                try:
                    go_through(Page(browser, node.url), node, server, database)
                finally:
                    browser.close()
        finally:
            server.kill()


if __name__ == "__main__":
    main()
