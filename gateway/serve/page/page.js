// The page at /. Everything it shows comes from this node's own interface, as HTTP.md describes it; texts are only ever set as text.

const POLL = 2000, RATE_WINDOW = 60000, CHANGES_KEPT = 30, ITEMS_PAGE = 250, ITEMS_MOST = 1000, ROWS_SHOWN = 100, FIELDS_SHOWN = 8, FOLLOWED = 8;
const NUMBERS = new Set(["int64", "uint64", "float32", "float64", "decimal"]);
const STATES = {
  idle: ["up to date", "good"], scanning: ["reading", "busy"], starting: ["starting", "busy"], quiet: ["quiet hours", ""],
  paused: ["paused", "busy"], failing: ["cannot be read", "bad"], refused: ["refused", "bad"], stopped: ["stopped", "bad"],
  following: ["following", "good"], connecting: ["connecting", "busy"], origin: ["origin", "good"],
};

// The page of a device is given a token behind the '#': it stays in this tab, and is shown to this node alone, with each request.
const given = /^#token=([\w-]+)$/.exec(location.hash);
if (given) {
  sessionStorage.setItem("token", given[1]);
  history.replaceState(null, "", "#/");
}
const token = sessionStorage.getItem("token");
const proof = token ? { Authorization: `Bearer ${token}` } : {};

const main = document.getElementById("main");
const counts = new Intl.NumberFormat("en");
let skew = 0;        // the node's clock less ours
let feeds = [];      // as /feeds last told
let seen = new Map();  // feed → [[time, seq], …] of the last minute
let mesh = null;     // as /mesh last told, to those who may see it
let view = null;     // what is shown

function make(name, attributes, ...children) {
  const out = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) if (value !== undefined && value !== "") out.setAttribute(key, value);
  out.append(...children.filter(one => one !== null && one !== undefined));
  return out;
}
/** Gives an element other children, and leaves alone what is the same: focus, selection and scrolled places stay. */
function renew(parent, ...children) {
  children.forEach((child, i) => {
    const old = parent.children[i];
    if (!old) return parent.append(child);
    if (old.isEqualNode(child)) return;
    const within = old.cloneNode().isEqualNode(child.cloneNode()) && [old, child].every(one => one.childElementCount && one.childElementCount === one.childNodes.length);
    if (within) renew(old, ...child.children);
    else old.replaceWith(child);
  });
  while (parent.children.length > children.length) parent.lastElementChild.remove();
}

async function ask(path, options) {
  const answer = await fetch(path, { ...options, headers: { ...options?.headers, ...proof } });
  const date = Date.parse(answer.headers.get("Date") ?? "");
  if (!Number.isNaN(date) && Math.abs(date - Date.now() - skew) > 1500) skew = date - Date.now();
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(problem.detail ?? `the node answered ${answer.status}`), { status: answer.status });
  }
  return answer.json();
}

function ago(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 2) return "now";
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} days`;
}
/** An instant as its distance from now; tick() keeps it right. */
function instant(iso, behind = " ago") {
  if (!iso) return make("span", { class: "dim" }, "not known");
  const out = make("time", { datetime: iso, title: iso, "data-behind": behind });
  tell(out);
  return out;
}
function tell(one) {
  const distance = ago(Date.now() + skew - Date.parse(one.dateTime));
  one.textContent = distance === "now" ? distance : distance + one.dataset.behind;
}
const tick = () => document.querySelectorAll("time").forEach(tell);

/** What EventSource does, for who shows a token, which EventSource cannot. */
class Events {
  constructor(path) {
    this.ending = new AbortController();
    this.read(path).catch(() => {}).finally(() => {
      this.readyState = EventSource.CLOSED;
      this.onerror?.();
    });
  }
  async read(path) {
    const answer = await fetch(path, { headers: proof, signal: this.ending.signal });
    if (!answer.ok) return;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line.startsWith("data: ")) this.onmessage?.({ data: line.slice(6) });
    }
  }
  close() { this.ending.abort(); }
}

const seqOf = feed => Math.max(0, ...feed.partitions.map(one => Number(one.cursor.split(".")[1] ?? 0)));
function note(feed) {
  const moments = seen.get(feed.feed) ?? [];
  const seq = seqOf(feed);
  if (moments.at(-1)?.[1] > seq) moments.length = 0;  // another epoch
  moments.push([Date.now(), seq]);
  while (moments.length > 2 && moments[1][0] < Date.now() - RATE_WINDOW) moments.shift();
  seen.set(feed.feed, moments);
}
/** Changes a minute, over the last minute or since the page was opened. */
function rate(feed) {
  const moments = seen.get(feed.feed) ?? [];
  const [first, last] = [moments[0], moments.at(-1)];
  if (moments.length < 2 || last[0] - first[0] < POLL / 2) return "…";
  return counts.format(Math.round((last[1] - first[1]) * 60000 / (last[0] - first[0])));
}

function state(feed) {
  const [word, kind] = feed.source ? STATES[feed.source.state] ?? [feed.source.state, ""] : ["not read here", ""];
  if (feed.loading && kind !== "bad") return make("span", { class: "state busy" }, "loading");
  return make("span", { class: `state ${kind}` }, word);
}
function remarks(feed) {
  const out = [];
  if (feed.source?.error) out.push(feed.source.error);
  if (feed.held) out.push(feed.held);
  if (feed.quarantined) out.push(`${counts.format(feed.quarantined)} ${feed.quarantined === 1 ? "record" : "records"} in quarantine`);
  if (feed.source?.limit) out.push(feed.source.limit);
  return out;
}

const WAYS = { pull: "is followed", push: "is brought feeds", brought: "brings feeds" };
const LINKS = { connected: ["connected", "good"], connecting: ["connecting", "busy"], failing: ["no contact", "bad"] };
const THERE = { followed: "followed from there", ready: "could be followed", following: "is brought", brought: "brought there", lagging: "lags", failing: "not given" };
/** "37 changes and 2 min behind", or nothing where that is no more than what is on its way. */
function behind(items, seconds = 0) {
  const some = [items > 0 ? `${counts.format(items)} ${items === 1 ? "change" : "changes"}` : "", seconds < 60 ? "" : ago(seconds * 1000)].filter(Boolean);
  return some.length ? `${some.join(" and ")} behind` : "";
}
function meshRow(name, way, [word, kind], since, told, notes) {
  const feeds = told.flatMap(([feed, ...words]) => [make("span", { class: "label" }, feed), ` ${words.filter(Boolean).join(", ")} `]);
  const row = make("tr", { class: "group", "data-node": name }, make("th", { scope: "row" }, name), make("td", null, way), make("td", null, make("span", { class: `state ${kind}` }, word)),
    make("td", { class: "number spare" }, instant(since)), make("td", { class: "wide note" }, ...feeds));
  return [row, ...new Set(notes.filter(Boolean))].map(one => one === row ? row : make("tr", { class: "more" }, make("td", { class: "note", colspan: "5" }, one)));
}
function linkRows(peer, link, seqs) {
  const late = one => link.direction === "push" ? behind(seqs.get(one.feed) - one.seq) : behind(one.lag?.items, one.lag?.seconds);
  const feeds = link.feeds.map(one => [one.feed, THERE[one.state] ?? one.state, late(one)]);
  return meshRow(peer.name, WAYS[link.direction] ?? link.direction, LINKS[link.state] ?? [link.state, ""], link.since, feeds, [link.error, ...link.feeds.map(one => one.error)]);
}
function followerRows(one, seqs) {
  const feeds = one.feeds.map(feed => [feed.feed, behind((seqs.get(feed.feed) ?? 0) - feed.sent) || "up to date"]);
  const note = one.subject ? "" : "It showed no certificate: this is what it calls itself.";
  return meshRow(one.node, "follows this node", one.connected ? LINKS.connected : ["gone", "bad"], one.connected ? one.since : one.last, feeds, [note]);
}
/** What others tell of a node, with who says it and how long ago that was. */
function seenRows(one, here) {
  const late = feed => here.get(feed.feed)?.epoch === feed.epoch ? behind(here.get(feed.feed).seq - feed.seq) || "up to date" : "";
  const feeds = one.feeds.map(feed => [feed.feed, ...(feed.partitions ?? []), late(feed)]);
  const heard = one.age < 60 ? ["heard of", "good"] : ["heard of before", "busy"];
  const [first, ...more] = one.over ?? [];
  const way = first === undefined ? "tells of itself" : `known from ${first}${more.map(name => `, over ${name}`).join("")}`;
  return meshRow(one.node, way, heard, new Date(Date.now() - one.age * 1000).toISOString(), feeds, []);
}
/** A row for each way in which feeds come from a peer or go there, for each node that follows this one, and for each that others tell of. */
function meshRows({ feeds, peers, followers, nodes }) {
  const here = new Map(feeds.map(one => [one.feed, one]));
  const seqs = new Map(feeds.map(one => [one.feed, one.seq]));
  return [...peers.flatMap(peer => peer.links.flatMap(link => linkRows(peer, link, seqs))), ...followers.flatMap(one => followerRows(one, seqs)),
    ...nodes.flatMap(one => seenRows(one, here))];
}

const short = (value, most) => value.length > most ? value.slice(0, most) + "…" : value;
const shown = value => typeof value === "string" ? value : JSON.stringify(value);
function summary(item) {
  const fields = Object.entries(item ?? {});
  const some = fields.slice(0, FIELDS_SHOWN).flatMap(([name, value]) => [make("span", { class: "label" }, name), ` ${short(shown(value), 60)} `]);
  return fields.length > FIELDS_SHOWN ? [...some, make("span", { class: "label" }, "…")] : some;
}
const query = parameters => new URLSearchParams(Object.entries(parameters).filter(([, value]) => value !== undefined)).toString();
const path = name => `feeds/${encodeURIComponent(name)}`;

function table(label, columns, body, id) {
  const head = make("tr", null, ...columns.map(([name, kind]) => make("th", { scope: "col", class: kind }, name)));
  return make("div", { class: "scroll", role: "region", "aria-label": label, tabindex: "0", id }, make("table", null, make("thead", null, head), body));
}

function changeRow(one, withFeed) {
  const op = make("td", { class: `op ${one.op}` }, one.op === "put" ? "changed" : "gone");
  const feed = withFeed ? make("td", null, make("a", { href: `#/feeds/${encodeURIComponent(one.feed)}` }, one.feed)) : null;
  return make("tr", { class: one.fresh ? "new" : "" }, make("td", { class: "number dim" }, instant(one.at)), feed, op,
    make("td", { class: "id" }, short(one.id, 60)), make("td", { class: "wide note" }, ...summary(one.op === "put" ? one.item : null)));
}
/** The newest entries of a partition, from the feed readers' document. */
async function newest(feed, partition, limit) {
  const document = await ask(`${path(feed)}/items?${query({ format: "jsonfeed", limit, partition })}`);
  return document.items.map(one => ({ feed, op: "put", at: one._meshgate.at, ...one._meshgate }));
}

/** A list of changes, the newest first; redrawn at most four times a second, however many come. */
class Changes {
  constructor(withFeed) {
    this.withFeed = withFeed;
    this.all = [];
    this.body = make("tbody");
    const feed = withFeed ? [["Feed", ""]] : [];
    this.element = table("Last changes", [["When", "number"], ...feed, ["", ""], ["Id", ""], ["Content", ""]], this.body, "changes");
    this.draw();
  }
  add(some) {
    const key = one => `${one.feed}\n${one.seq}`;
    const known = new Set(this.all.map(key));
    this.all.push(...some.filter(one => !known.has(key(one))));
    this.all.sort((a, b) => (a.feed === b.feed ? b.seq - a.seq : (b.at ?? "").localeCompare(a.at ?? "")));
    this.all.length = Math.min(this.all.length, CHANGES_KEPT);
    this.waiting ??= setTimeout(() => this.draw(), 250);
  }
  draw() {
    this.waiting = undefined;
    const empty = make("tr", null, make("td", { class: "empty", colspan: "5" }, "No change yet."));
    renew(this.body, ...(this.all.length ? this.all.map(one => changeRow(one, this.withFeed)) : [empty]));
    for (const one of this.all) one.fresh = false;
  }
}

class Overview {
  constructor() {
    document.title = "Meshgate";
    this.lead = make("p", { class: "lead" });
    this.body = make("tbody");
    this.changes = new Changes(true);
    this.heads = new Map();
    const columns = [["Feed", ""], ["Items", "number"], ["Newest data", "number"], ["Changes a minute", "number spare"], ["State", ""]];
    this.mesh = make("section", { id: "mesh", hidden: "hidden" });
    main.replaceChildren(make("h1", null, "What this node publishes"), this.lead, table("Feeds", columns, this.body, "feeds"), this.mesh,
      make("h2", null, "Last changes"), this.changes.element);
    if (feeds.length) this.refresh();
  }
  refresh() {
    const items = feeds.reduce((sum, feed) => sum + feed.count, 0);
    this.lead.textContent = `${counts.format(feeds.length)} ${feeds.length === 1 ? "feed" : "feeds"} with ${counts.format(items)} items`;
    renew(this.body, ...feeds.flatMap(feed => this.rows(feed)));
    this.follow().catch(() => {});
    this.showMesh(mesh ? meshRows(mesh) : []);
  }
  /** Where there is no other node, nothing is said of any. */
  showMesh(rows) {
    this.mesh.hidden = !rows.length;
    const columns = [["Node", ""], ["", ""], ["State", ""], ["Since", "number spare"], ["Feeds", ""]];
    renew(this.mesh, make("h2", null, "Mesh"), table("Mesh", columns, make("tbody", null, ...rows)));
  }
  rows(feed) {
    const name = make("th", { scope: "row" }, make("a", { href: `#/feeds/${encodeURIComponent(feed.feed)}` }, feed.feed));
    const row = make("tr", { class: "group", "data-feed": feed.feed }, name, make("td", { class: "number", "data-count": feed.count }, counts.format(feed.count)),
      make("td", { class: "number" }, instant(feed.as_of, " old")), make("td", { class: "number spare" }, rate(feed)), make("td", null, state(feed)));
    const more = remarks(feed).map(one => make("tr", { class: "more" }, make("td", { class: "note", colspan: "5" }, one)));
    return [row, ...more];
  }
  /** Reads the newest entries of partitions that have moved: at first, and whenever many do, of some of them. */
  async follow() {
    const moved = [];
    for (const feed of feeds) {
      for (const { partition, cursor } of feed.partitions) {
        const key = `${feed.feed}\n${partition}`;
        if (this.heads.get(key) !== cursor) moved.push({ feed, partition, fresh: this.heads.has(key) });
        this.heads.set(key, cursor);
      }
    }
    for (const { feed, partition, fresh } of moved.slice(0, FOLLOWED)) {
      const some = await newest(feed.feed, feed.divided ? partition : undefined, fresh ? 12 : 4);
      this.changes.add(some.map(entry => ({ ...entry, fresh })));
    }
  }
  close() {}
}

class FeedView {
  constructor(name) {
    this.name = name;
    this.partition = undefined;
    document.title = `${name} – Meshgate`;
    main.replaceChildren(make("p", { class: "crumb" }, make("a", { href: "#/" }, "All feeds")), make("h1", null, name), make("p", { class: "lead" }, "…"));
    this.begin().catch(error => this.fail(error));
  }
  fail(error) {
    if (this.closed) return;
    main.replaceChildren(make("p", { class: "crumb" }, make("a", { href: "#/" }, "All feeds")), make("h1", null, this.name), make("p", { class: "lead" }, error.message));
  }
  get base() { return path(this.name); }

  async begin() {
    const feed = await ask(this.base);
    if (this.closed) return;
    if (feed.divided) this.partition = feed.partitions[0]?.partition;
    this.facts = make("dl", { class: "facts" });
    this.remarks = make("div");
    this.live = make("div");
    this.items = make("div");
    this.structure = make("div");
    const choice = feed.divided ? [this.choice(feed)] : [];
    main.replaceChildren(make("p", { class: "crumb" }, make("a", { href: "#/" }, "All feeds")), make("h1", null, this.name), this.facts, this.remarks,
      this.ways(feed), ...choice, make("h2", null, "Last changes"), this.live, make("h2", null, "Items"), this.items, this.structure);
    this.show(feed);
    this.choose(feed);
  }
  choice(feed) {
    const select = make("select", { id: "partition" }, ...feed.partitions.map(one => make("option", { value: one.partition }, one.partition)));
    select.addEventListener("change", () => {
      this.partition = select.value;
      ask(this.base).then(feed => this.choose(feed)).catch(error => this.fail(error));
    });
    return make("form", null, make("label", { for: "partition" }, "Partition"), select);
  }
  choose(feed) {
    this.listen(feed);
    this.search = new Search(this.name, this.partition, feed.schema.fields);
    this.items.replaceChildren(this.search.element);
  }
  refresh() {
    const feed = feeds.find(one => one.feed === this.name);
    if (feed && this.facts) this.show(feed);
  }
  show(feed) {
    const fact = (name, ...value) => make("div", null, make("dt", null, name), make("dd", null, ...value));
    renew(this.facts, fact("Items", make("span", { "data-count": feed.count }, counts.format(feed.count))), fact("Newest data", instant(feed.as_of, " old")),
      fact("Changes a minute", rate(feed)), fact("State", state(feed)), ...(feed.source ? [fact("Source", feed.source.name)] : []));
    renew(this.remarks, ...remarks(feed).map(one => make("p", { class: "hint" }, one)), ...(feed.source?.note ? [make("p", { class: "hint" }, feed.source.note)] : []));
    renew(this.structure, ...this.partitions(feed), ...this.schema(feed));
  }
  /** How else the feed can be had. */
  ways(feed) {
    const link = (label, format) => make("a", { href: `${this.base}/items?${query({ format, partition: feed.divided ? this.partition : undefined })}` }, label);
    const command = `meshgate mirror ${location.origin} --feed ${this.name} --into ${this.name}.db`;
    return make("div", null, make("p", { class: "links" }, make("span", { class: "dim" }, "Also as"), link("Atom", "atom"), link("RSS", "rss"), link("JSON Feed", "jsonfeed"),
      link("JSON", "json"), link("CSV", "csv"), link("JSON lines", "ndjson")), make("p", { class: "hint" }, "To keep a copy on a device, in an SQLite file:"), make("code", { class: "command", tabindex: "0" }, command));
  }
  partitions(feed) {
    const rows = feed.partitions.map(one => make("tr", null, make("th", { scope: "row" }, one.partition || "(whole)"), make("td", { class: "number" }, counts.format(one.count)),
      make("td", { class: "id" }, one.digest), make("td", { class: "id" }, one.cursor)));
    return [make("h2", null, feed.divided ? "Partitions" : "What a complete copy holds"),
      table("Partitions", [["Partition", ""], ["Items", "number"], ["Digest", ""], ["Head", ""]], make("tbody", null, ...rows), "partitions")];
  }
  schema(feed) {
    const rows = feed.schema.fields.map(one => make("tr", null, make("th", { scope: "row" }, one.name), make("td", null, one.type),
      make("td", null, one.key ? `key ${one.key}` : ""), make("td", { class: "wide dim" }, one.nullable ? "may be NULL" : "")));
    return [make("h2", null, `Schema, version ${feed.schema.version}`), table("Schema", [["Field", ""], ["Type", ""], ["Key", ""], ["", ""]], make("tbody", null, ...rows), "schema")];
  }

  /** From the partition's head on by Server-Sent Events; what stood there before comes from the newest entries. */
  listen(feed) {
    this.silence();
    if (this.closed) return;
    this.changes = new Changes(false);
    this.live.replaceChildren(this.changes.element);
    const head = feed.partitions.find(one => one.partition === (this.partition ?? ""))?.cursor ?? "0";
    const source = new (token ? Events : EventSource)(`${this.base}/changes?${query({ live: "sse", after: head, schema: feed.schema.version, partition: this.partition })}`);
    const changes = this.changes;
    source.onmessage = event => {
      const [kind, line] = Object.entries(JSON.parse(event.data))[0];
      const at = new Date(Date.now() + skew).toISOString();
      if (kind === "put" || kind === "gone") changes.add([{ feed: this.name, op: kind, at, fresh: true, ...line }]);
      if (kind === "denied") this.lose();
    };
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED || this.source !== source) return;
      this.again = setTimeout(() => this.resume(), POLL);
    };
    this.source = source;
    newest(this.name, this.partition, CHANGES_KEPT).then(some => changes.add(some)).catch(() => {});
  }
  /** The right to read this was lost: what is shown goes, and what is left is looked for. */
  lose() {
    this.silence();
    this.begin().catch(error => this.fail(error));
  }
  /** Where the stream cannot go on from its mark, it begins at the head again. */
  resume() {
    ask(this.base).then(feed => this.listen(feed)).catch(() => { this.again = setTimeout(() => this.resume(), POLL); });
  }
  silence() {
    clearTimeout(this.again);
    this.source?.close();
    this.source = undefined;
  }
  close() {
    this.closed = true;
    this.silence();
  }
}

/** The first items of a partition, filtered here; any other by its id. */
class Search {
  constructor(feed, partition, fields) {
    Object.assign(this, { feed, partition, fields, items: [], complete: false, found: undefined });
    this.input = make("input", { type: "search", id: "search", placeholder: "Text in the first items, or an exact id", "aria-label": "Search items", autocomplete: "off" });
    this.hint = make("p", { class: "hint", role: "status", id: "matches" }, "…");
    this.body = make("tbody");
    const form = make("form", { role: "search" }, this.input, make("button", { type: "submit" }, "Look up id"));
    form.addEventListener("submit", event => { event.preventDefault(); this.lookUp(this.input.value.trim()); });
    this.input.addEventListener("input", () => { this.found = undefined; this.draw(); });
    const columns = [["Id", ""], ...fields.map(one => [one.name, NUMBERS.has(one.type) ? "number" : ""])];
    this.element = make("div", null, form, this.hint, table("Items", columns, this.body, "items"));
    this.load().catch(error => { this.hint.textContent = error.message; });
  }
  async load() {
    let page;
    do {
      const answer = await ask(`${path(this.feed)}/items?${query({ limit: ITEMS_PAGE, partition: this.partition, page })}`, { headers: { Accept: "application/json" } });
      this.items.push(...answer.items);
      page = answer.next;
      this.complete = page === undefined;
      this.draw();
    } while (page !== undefined && this.items.length < ITEMS_MOST);
  }
  async lookUp(id) {
    if (!id) return;
    try {
      this.found = await ask(`${path(this.feed)}/items/${encodeURIComponent(id)}`);
      this.draw();
    } catch (error) {
      this.hint.textContent = error.message;
    }
  }
  matching() {
    if (this.found) return [this.found];
    const wanted = this.input.value.trim().toLowerCase();
    if (!wanted) return this.items;
    return this.items.filter(one => one.id.toLowerCase().includes(wanted) || Object.values(one.item).some(value => shown(value).toLowerCase().includes(wanted)));
  }
  draw() {
    const matching = this.matching();
    const all = this.complete ? `all ${counts.format(this.items.length)} items` : `the first ${counts.format(this.items.length)} items`;
    const some = matching.length > ROWS_SHOWN ? `${ROWS_SHOWN} of ${counts.format(matching.length)}` : counts.format(matching.length);
    this.hint.textContent = this.found ? "The item with this id." : this.input.value.trim() ? `${some} found among ${all}.` : `${some} shown of ${all}.`;
    const empty = make("tr", null, make("td", { class: "empty", colspan: this.fields.length + 1 }, "No item."));
    this.body.replaceChildren(...(matching.length ? matching.slice(0, ROWS_SHOWN).map(one => this.row(one)) : [empty]));
  }
  row(one) {
    const cells = this.fields.map(field => {
      const value = one.item[field.name];
      if (value === undefined) return make("td", { class: NUMBERS.has(field.type) ? "number null" : "null" }, "NULL");
      return make("td", { class: NUMBERS.has(field.type) ? "number" : "value", title: short(shown(value), 500) }, short(shown(value), 120));
    });
    return make("tr", { "data-id": one.id }, make("th", { scope: "row", class: "id" }, short(one.id, 60)), ...cells);
  }
}

let who = {};  // who is signed in, as /auth/person told last
/** Shows who is signed in, and the way in or out. A cookie that no longer counts is taken away by the first answer. */
async function greet() {
  const someone = () => ask("auth/person", { cache: "no-store" });
  who = await someone().catch(error => error.status === 401 ? someone() : {}).catch(() => ({}));
  const place = document.getElementById("person");
  if (!who.device) return place.replaceChildren(...(who.sign_in ? [make("a", { href: "login" }, "Sign in")] : []));
  const out = make("button", { type: "button", id: "out" }, "Sign out");
  out.addEventListener("click", async () => {
    await fetch(`auth/devices/${encodeURIComponent(who.device)}`, { method: "DELETE" }).catch(() => {});
    location.assign("login");
  });
  place.replaceChildren(make("span", { id: "name" }, who.name), out);
}

const contact = document.getElementById("contact");
async function poll() {
  try {
    const answer = await ask("feeds", { headers: { Accept: "application/json" }, cache: "no-cache" });
    feeds = answer.feeds;
    mesh = who.mesh ? await ask("mesh", { cache: "no-store" }).catch(() => null) : null;
    if (!feeds.length && who.sign_in && !who.device) return location.replace("login");
    feeds.forEach(note);
    document.getElementById("node").textContent = answer.node ?? "";
    contact.textContent = "live";
    contact.className = "";
    view?.refresh();
  } catch (error) {
    contact.textContent = error.status === 401 ? "not signed in" : "no contact with the node, trying again";
    contact.className = "lost";
    if (error.status === 401) await greet();
  }
  setTimeout(poll, POLL);
}

function route() {
  if (location.hash === "#main") return;
  view?.close();
  const wanted = /^#\/feeds\/([^/?]+)/.exec(location.hash);
  view = wanted ? new FeedView(decodeURIComponent(wanted[1])) : new Overview();
  main.focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

addEventListener("hashchange", route);
setInterval(tick, 1000);
route();
greet().then(poll);
