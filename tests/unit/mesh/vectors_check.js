// Node.js reads vectors.json with what ECMAScript itself offers: its number and string texts are the definition of ours.
'use strict';
const assert = require('assert');
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');

const vectors = JSON.parse(fs.readFileSync(path.join(__dirname, 'vectors.json'), 'utf8'));
let agreed = 0;
const same = (ours, theirs, what) => { assert.strictEqual(ours, theirs, JSON.stringify(what)); ++agreed; };

function hash(id, content) {
  const size = (text) => { const out = Buffer.alloc(8); out.writeBigUInt64BE(BigInt(Buffer.byteLength(text))); return out; };
  return crypto.createHash('sha256').update('meshgate:item:1\n').update(size(id)).update(id).update(size(content)).update(content).digest('hex').slice(0, 32);
}

for (const one of vectors.values) {
  if (one.type === 'float64') {
    const real = Buffer.from(one.value, 'hex').readDoubleBE(0);
    same(one.json, Object.is(real, -0) ? '-0' : JSON.stringify(real), one);
  } else if (one.type === 'float32') {
    assert.strictEqual(Math.fround(Number(one.json)), Buffer.from(one.value, 'hex').readFloatBE(0)); ++agreed;
  } else if (one.type === 'text') {
    same(one.json, JSON.stringify(one.value), one);
  } else if (one.type === 'int64' || one.type === 'uint64') {
    const whole = BigInt(one.value);
    const safe = whole >= BigInt(Number.MIN_SAFE_INTEGER) && whole <= BigInt(Number.MAX_SAFE_INTEGER);
    same(one.json, safe ? JSON.stringify(Number(whole)) : JSON.stringify(String(whole)), one);
  } else if (one.type === 'bytes') {
    same(one.text, Buffer.from(one.value, 'hex').toString('base64'), one);
  } else if (one.type === 'timestamptz') {
    const micros = BigInt(one.value);
    const rest = ((micros % 1000n) + 1000n) % 1000n;
    const iso = new Date(Number((micros - rest) / 1000n)).toISOString();
    same(one.text, iso.slice(0, -1) + String(rest).padStart(3, '0') + 'Z', one);
  }
  JSON.parse(one.json);
}
for (const one of vectors.items) same(one.hash, hash(one.id, one.content), one);
for (const one of vectors.digests) {
  const sum = (list) => list.reduce((all, hex) => all + BigInt('0x' + hex), 0n);
  same(one.digest, 'sum128:' + BigInt.asUintN(128, sum(one.add) - sum(one.remove)).toString(16).padStart(32, '0'), one);
}
for (const one of vectors.lines) {
  const body = JSON.parse(one.line)[one.kind];
  assert.ok(body, one.line);
  if (one.kind === 'put') same(one.rev.split('-')[1], hash(body.id, one.content), one);
  if (one.kind === 'mark') same(one.cursor, body.cursor, one);
}
console.log(`${agreed} vectors agree`);
