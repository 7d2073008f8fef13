// A client of a feed in 60 lines, written from gateway/serve/HTTP.md alone: it holds the items of one partition in a Map, by long poll, through breaks
// and restarts, and checks count and digest at every mark that says it is caught up.
//
//     node client.mjs http://127.0.0.1:7443 orders [partition]     prints a line at each caught-up mark

const [node, feed, partition] = process.argv.slice(2);
const address = `${node}/feeds/${encodeURIComponent(feed)}/changes`;
const items = new Map();  // id → { hash, item }
let cursor = "0";
let met = null;  // after a 410: the ids met since, until the first caught-up mark

function put({ id, rev, item }) {
  items.set(id, { hash: BigInt("0x" + rev.split("-")[1]), item });
  met?.add(id);
}

function beginAnew() {
  cursor = "0";
  met = new Set();
}

function mark(told) {
  cursor = told.cursor;
  if (!told.caught_up) return;
  for (const id of met ? items.keys() : []) if (!met.has(id)) items.delete(id);
  met = null;
  let sum = 0n;
  for (const { hash } of items.values()) sum = (sum + hash) % (1n << 128n);
  const digest = "sum128:" + sum.toString(16).padStart(32, "0");
  const right = told.count === items.size && told.digest === digest;
  console.log(JSON.stringify({ right, cursor, count: items.size, digest }));
  if (!right) beginAnew();
}

function apply(line) {
  const [[kind, told]] = Object.entries(JSON.parse(line));
  if (kind === "put") put(told);
  else if (kind === "gone") items.delete(told.id);
  else if (kind === "mark") mark(told);
  else if (kind !== "schema") throw new Error(`a line of an unknown kind: ${kind}`);
}

async function readOnce() {
  const query = new URLSearchParams({ after: cursor, live: "poll", wait: "20" });
  if (partition !== undefined) query.set("partition", partition);
  const answer = await fetch(`${address}?${query}`);
  if (answer.status === 410) return beginAnew();
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  let rest = "";
  for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop();
    lines.forEach(apply);
  }
}

for (;;) {
  await readOnce().catch(async error => {
    console.error(error.message);
    await new Promise(done => setTimeout(done, 300));
  });
}
