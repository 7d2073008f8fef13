"""The figures of a first download in ranges, and of small requests, beside files that nginx serves."""

import http.client
import os

import measure
from measure import Spent
from processes import free_port, wait_for

FEED = "figures"
SECONDS = 5


def fetch(urls, server, encoding=None, more=()):
    """All of them by one reader over one connection, thrown away; processor time is the server's and the reader's. `more`: words for curl."""
    command = ["curl", "-sS", "--fail", "--max-time", "600", "-w", "%{size_download}\\n", *more]
    if encoding:
        command += ["-H", f"Accept-Encoding: {encoding}"]
    for url in urls:
        command += ["-o", "/dev/null", url]
    before = server()
    output, spent = measure.finished(command)
    return Spent(spent.wall, spent.cpu + server() - before, sum(map(int, output.split())))


def figures(bench, gateway):
    """On a gateway that is quiet, with the rows of the bench in its feed."""
    server = lambda: measure.processor(gateway.process.pid)
    listed = gateway.get(f"/feeds/{FEED}/ranges")[1]
    bench.must(listed["ranges"], "no ranges are listed")
    urls = [gateway.url + one["href"] for one in listed["ranges"]]
    cold = fetch(urls, server)
    entries = sum(one["entries"] for one in gateway.get(f"/feeds/{FEED}/ranges")[1]["ranges"])
    root = bench.fresh("root")
    for number, url in enumerate(urls):
        measure.finished(["curl", "-sS", "--fail", "-o", os.path.join(root, str(number)), url])
    small = bench.fresh("small")
    with open(os.path.join(root, "kilobyte"), "w", encoding="ascii") as file:
        file.write("x" * 1024)
    nginx = measure.Nginx(small, root, free_port())
    try:
        wait_for("nginx", lambda: bench.answers(nginx.url), 30)
        files = [f"{nginx.url}{number}" for number in range(len(urls))]
        if bench.wanted("ranges plain", "ranges compressed"):
            download(bench, urls, files, nginx, server, cold, entries)
        if bench.wanted("small requests"):
            requests(bench, gateway, nginx, server)
    finally:
        nginx.stop()


def download(bench, urls, files, nginx, server, cold, entries):
    beside, plain, packed = [], [], []
    for _ in range(3):
        beside.append(fetch(files, nginx.cpu))
        plain.append(fetch(urls, server))
        packed.append(fetch(urls, server, "zstd"))
    beside, plain, packed = measure.best(beside), measure.best(plain), measure.best(packed)
    bench.must(beside.size == plain.size, f"nginx gave {beside.size} bytes and the gateway {plain.size}")
    speed = lambda spent: f"{plain.size / spent.wall / 1e6:,.0f} MB/s"
    ratios = lambda spent: f"{beside.wall / spent.wall:.2f}; {beside.cpu / max(spent.cpu, 0.01):.2f}"
    bench.report.line(f"ranges plain, {len(urls)} of them", speed(plain), f"nginx: {speed(beside)}", ratios(plain), "≥ 0.7", beside.wall / plain.wall >= 0.7)
    bench.report.line("ranges plain, rendered for the first time", speed(cold), f"nginx: {speed(beside)}", ratios(cold), "report", None)
    rows = entries / packed.wall
    bench.report.line("ranges compressed, zstd", f"{rows / 1000:,.0f}k rows/s, {packed.size / plain.size:.2f} of the size", f"nginx, plain: {speed(beside)}",
                      ratios(packed), "≥ 1,000k rows/s", rows >= 1e6)


def requests(bench, gateway, nginx, server):
    """Whoever asks whether a feed has changed, again and again, beside a file of 1 KB."""
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    connection.request("GET", f"/feeds/{FEED}")
    answer = connection.getresponse()
    answer.read()
    tag = answer.getheader("ETag")
    connection.close()
    tool = bench.tool("small_requests")
    runs = {}
    for what, port, path, more, cost in (("file", nginx.url.split(":")[2].strip("/"), "/kilobyte", [], nginx.cpu),
                                         ("whole", gateway.port, f"/feeds/{FEED}", [], server),
                                         ("unchanged", gateway.port, f"/feeds/{FEED}", [f"If-None-Match: {tag}"], server)):
        before = cost()
        answers, spent = measure.told([tool, str(port), path, str(SECONDS), *more])
        spent.cpu += cost() - before
        runs[what] = (answers, spent)
    rate = lambda run: run[0] / run[1].wall
    each = lambda run: run[0] / max(run[1].cpu, 0.01)
    for what, title in (("whole", "small requests, GET /feeds/{feed}"), ("unchanged", "small requests, with ETag: 304")):
        ratio = rate(runs[what]) / rate(runs["file"])
        bench.report.line(title, f"{rate(runs[what]) / 1000:,.1f}k/s", f"nginx, 1 KB file: {rate(runs['file']) / 1000:,.1f}k/s",
                          f"{ratio:.2f}; {each(runs[what]) / each(runs['file']):.2f}", "≥ 0.4", ratio >= 0.4)
