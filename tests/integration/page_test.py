"""The page at / in a real browser: what it counts is what the interface counts, a commit appears by itself, a hostile item is text, nothing is asked of another
host, nothing is complained about in the console. Screenshots are kept.

    page_test.py --program build/bin/meshgate --pictures build/logs
"""

import argparse
import http.client
import json
import os
import tempfile

from browser import Browser
from databases import Sqlite
from processes import Gateway

HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"
CUSTOMERS = ["Ann Lee", "Bob Ito", "Carla Núñez", "Dirk Vos", "Émile Roy", "Fatima Zahra", "Grażyna Wójcik", "Hiro 田中"]
STATES = ["open", "paid", "shipped", "returned"]


def same(what, have, want):
    if have != want:
        raise SystemExit(f"{what}: {have!r} instead of {want!r}")


def fill(database):
    database.run("CREATE TABLE orders (number INTEGER PRIMARY KEY, customer TEXT, status TEXT, total DECIMAL(10,2), note TEXT)",
                 "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, country TEXT)",
                 "CREATE TABLE stock (sku TEXT PRIMARY KEY, region TEXT, pieces INTEGER)")
    database.connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?)", [
        (i, CUSTOMERS[i % 8], STATES[i * 7 % 4], round(i * 13.37 % 900 + 1, 2), None if i % 3 else f"gate {i % 17}") for i in range(1, 1401)])
    database.connection.executemany("INSERT INTO customers VALUES (?, ?, ?)", [(i, name, "DE FR NL PL".split()[i % 4]) for i, name in enumerate(CUSTOMERS, 1)])
    database.connection.executemany("INSERT INTO stock VALUES (?, ?, ?)", [(f"S-{i:04}", ["north", "south", "west & east"][i % 3], i * 31 % 400) for i in range(300)])
    database.connection.execute("INSERT INTO orders VALUES (0, ?, 'open', 1, ?)", (HOSTILE, HOSTILE))


def overview(browser, gateway, pictures):
    browser.open(gateway.url + "/")
    browser.wait("the feeds", "document.querySelectorAll('#feeds tr[data-feed]').length === 3")
    for feed in gateway.get("/feeds")[1]["feeds"]:
        shown = browser.value(f"document.querySelector('#feeds tr[data-feed={feed['feed']}] [data-count]').textContent")
        same(f"the count of {feed['feed']}", shown, f"{feed['count']:,}")
    same("the node's name", browser.value("document.getElementById('node').textContent"), "branch-7")
    browser.wait("the last changes", "document.querySelectorAll('#changes tbody tr .id').length > 5")
    browser.wait("a rate", "document.querySelector('#feeds tbody td.spare').textContent !== '…'")
    browser.picture(os.path.join(pictures, "page-overview.png"))
    browser.size(1280, 900, "dark")
    browser.picture(os.path.join(pictures, "page-overview-dark.png"))
    browser.size(390, 844)
    same("the narrow page is no wider than its window", browser.value("document.documentElement.scrollWidth <= innerWidth"), True)
    browser.picture(os.path.join(pictures, "page-overview-narrow.png"))
    browser.size(1280, 900)


def by_keyboard(browser, database):
    """A feed by Tab and Enter alone; what changes meanwhile takes the focus away from nothing."""
    browser.value("document.activeElement.blur()")
    for _ in range(12):
        browser.press("Tab", 9)
        if browser.value("document.activeElement.textContent") == "orders":
            break
    same("what Tab has come to", browser.value("document.activeElement.textContent"), "orders")
    database.run("UPDATE customers SET country = 'Iceland' WHERE id = 3")
    browser.wait("the change in the overview", "document.getElementById('changes').textContent.includes('Iceland')")
    same("that the focus stays while it does", browser.value("document.activeElement.textContent"), "orders")
    browser.press("Enter", 13)
    browser.wait("the feed", "document.querySelector('h1').textContent === 'orders'")


def live(browser, database, pictures):
    browser.wait("the items", "document.querySelectorAll('#items tbody tr[data-id]').length === 100")
    browser.wait("all first items", "document.getElementById('matches').textContent.includes('first 1,000')")
    same("the hostile item is text", browser.value("document.querySelector('#items tr[data-id=\"0\"] td').textContent.startsWith('<script>')"), True)
    database.run("UPDATE orders SET note = 'moved while you look', status = 'shipped' WHERE number = 1234")
    browser.wait("the change", "[...document.querySelectorAll('#changes tbody tr')].some(row => row.textContent.includes('moved while you look'))")
    database.run(f"UPDATE orders SET note = note || ' again' WHERE number = 0", "DELETE FROM orders WHERE number = 77")
    browser.wait("the delete", "[...document.querySelectorAll('#changes tbody tr')].some(row => row.querySelector('.gone') && row.textContent.includes('77'))")
    browser.wait("the new count", "document.querySelector('.facts [data-count]').textContent === '1,400'")
    browser.picture(os.path.join(pictures, "page-feed.png"))


def search(browser, pictures):
    browser.value("document.getElementById('search').focus()")
    browser.type("grażyna")
    browser.wait("what is found", "document.getElementById('matches').textContent.includes('found among')")
    same("only rows that match", browser.value("[...document.querySelectorAll('#items tbody tr')].every(row => row.textContent.includes('Grażyna'))"), True)
    browser.value("document.getElementById('search').scrollIntoView()")
    browser.picture(os.path.join(pictures, "page-search.png"))
    browser.value("document.getElementById('search').value = ''; document.getElementById('search').focus()")
    browser.type("1399")
    browser.press("Enter", 13)
    browser.wait("an item beyond the first", "document.querySelector('#items tbody tr').dataset.id === '1399' && document.querySelectorAll('#items tbody tr').length === 1")


def divided(browser, gateway, database, pictures):
    browser.open(gateway.url + "/#/feeds/stock")
    browser.wait("the partitions", "document.querySelectorAll('#partition option').length === 3")
    browser.value("(() => { const one = document.getElementById('partition'); one.value = 'west & east'; one.dispatchEvent(new Event('change')); })()")
    browser.wait("its items alone", "document.getElementById('matches').textContent.includes('all 100 items')")
    browser.wait("its stream", "document.querySelectorAll('#changes tbody .id').length > 5")
    database.run("UPDATE stock SET pieces = 98765 WHERE sku = 'S-0002'", "UPDATE stock SET pieces = 4321 WHERE sku = 'S-0001'")
    browser.wait("its change", "document.getElementById('changes').textContent.includes('98765')")
    same("the other partition's change", browser.value("document.getElementById('changes').textContent.includes('4321')"), False)
    browser.size(390, 844, "dark")
    browser.value("scrollTo(0, 0)")
    same("the narrow page is no wider than its window", browser.value("document.documentElement.scrollWidth <= innerWidth"), True)
    browser.picture(os.path.join(pictures, "page-feed-narrow-dark.png"))
    browser.size(1280, 900)


def mesh(browser, program, folder, gateway, pictures):
    """A second node follows the first: each shows the other, and that it has gone."""
    os.makedirs(os.path.join(folder, "hub"))
    hub = Gateway(program, os.path.join(folder, "hub"), f"""
node: {{ read: public, roles: {{ viewer: public }}, name: hub-3, data: DATA, listen: "http://127.0.0.1:PORT" }}
peers: {{ branch: {{ url: "{gateway.url}" }} }}
feeds: {{ orders: {{ from: {{ peer: branch }} }} }}
""")
    browser.open(gateway.url + "/")
    browser.wait("the feeds", "document.querySelectorAll('#feeds tr[data-feed]').length === 3")
    same("what is said of other nodes while there is none", browser.value("document.getElementById('mesh').hidden"), True)
    hub.start_and_wait("orders")
    with hub.stopped_in_the_end():
        browser.wait("the node that follows", "document.querySelector('#mesh tr[data-node=hub-3]')?.textContent.includes('follows this nodeconnected')")
        browser.wait("that it has all", "document.querySelector('#mesh tr[data-node=hub-3]').textContent.includes('orders up to date')")
        before = set(browser.requests)
        browser.open(hub.url + "/")
        browser.wait("the node that is followed", "document.querySelector('#mesh tr[data-node=branch]')?.textContent.includes('is followedconnected')")
        browser.wait("the feed", "document.querySelector('#mesh tr[data-node=branch]').textContent.includes('orders followed from there')")
        same("a word that is missing", browser.value("document.getElementById('mesh').textContent.includes('undefined')"), False)
        browser.picture(os.path.join(pictures, "page-mesh.png"))
        browser.open(gateway.url + "/")
        browser.requests[:] = [one for one in browser.requests if one in before or not one.startswith(hub.url)]
    browser.wait("that it has gone", "document.querySelector('#mesh tr[data-node=hub-3]')?.textContent.includes('gone')")


def the_node_comes_back(browser, gateway, database):
    """The stream goes on from its last mark when the node has been away."""
    before = len(browser.complaints)
    gateway.stop()
    browser.wait("the loss", "document.getElementById('contact').className === 'lost'")
    gateway.start_and_wait("orders", "customers", "stock")
    browser.wait("the node again", "document.getElementById('contact').textContent === 'live'")
    database.run("UPDATE stock SET pieces = 55555 WHERE sku = 'S-0005'")
    browser.wait("a change after that", "document.getElementById('changes').textContent.includes('55555')")
    del browser.complaints[before:]  # that connections were refused meanwhile


def headers(gateway):
    for path, media_type in [("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript")]:
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        same(f"{path}: the type", answer.headers.get_content_type(), media_type)
        policy = answer.headers["Content-Security-Policy"]
        if "default-src 'none'" not in policy or "unsafe" in policy:
            raise SystemExit(f"{path}: {policy}")
        tag = answer.headers["ETag"]
        same(f"{path}: a strong tag", tag[0], '"')
        connection.request("GET", path, headers={"If-None-Match": tag})
        same(f"{path}: held already", connection.getresponse().status, 304)
        connection.close()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--program", required=True)
    arguments.add_argument("--pictures", required=True)
    options = arguments.parse_args()
    program = os.path.abspath(options.program)
    os.makedirs(options.pictures, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="meshgate-page-", ignore_cleanup_errors=True) as folder:
        database = Sqlite(folder)
        fill(database)
        gateway = Gateway(program, folder, f"""
node: {{ read: public, roles: {{ viewer: public }}, name: branch-7, data: DATA, listen: "http://127.0.0.1:PORT" }}
sources: {{ company: {{ connector: odbc, connection: {database.connection_yaml()}, every: 200ms }} }}
feeds:
  orders: {{ from: {{ source: company, table: orders }} }}
  customers: {{ from: {{ source: company, table: customers }} }}
  stock: {{ from: {{ source: company, table: stock }}, partition: region }}
""")
        gateway.start_and_wait("orders", "customers", "stock")
        with gateway.stopped_in_the_end():
            headers(gateway)
            browser = Browser(folder)
            try:
                browser.size(1280, 900)
                overview(browser, gateway, options.pictures)
                by_keyboard(browser, database)
                live(browser, database, options.pictures)
                search(browser, options.pictures)
                divided(browser, gateway, database, options.pictures)
                mesh(browser, program, folder, gateway, options.pictures)
                the_node_comes_back(browser, gateway, database)
                same("what the hostile item did", browser.value("window.hacked ?? null"), None)
                same("requests to other hosts", [one for one in browser.requests if not one.startswith((gateway.url, "data:", "about:"))], [])
                same("complaints in the console", browser.complaints, [])
                browser.value("console.error('heard')")
                same("that a complaint would be heard", len(browser.complaints), 1)
                print(json.dumps({"requests": len(browser.requests)}))
            except SystemExit:
                browser.picture(os.path.join(options.pictures, "page-failed.png"))
                print("complaints:", browser.complaints)
                raise
            finally:
                browser.close()
        database.connection.close()


if __name__ == "__main__":
    main()
