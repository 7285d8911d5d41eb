import assert from "node:assert/strict";
import test from "node:test";

import { clearPending, loadPending, makePending, newRequestId, savePending }
  from "../../../services/gateway/web/app/model/pending.js";

const content = { cluster: "a", action: "T-Enable", cids: ["1", "2"], batchId: "" };

function storage() {
  const values = new Map();
  return {
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => values.set(key, value),
    removeItem: (key) => values.delete(key),
    text: () => [...values.values()].join(),
  };
}

test("request ids differ and are fit for the API", () => {
  const ids = Array.from({ length: 100 }, () => newRequestId());
  assert.equal(new Set(ids).size, 100);
  assert.match(ids[0], /^web-[0-9a-f]{32}$/);
});

test("the same content of the same user keeps its request id while its outcome is unknown", () => {
  const first = makePending(null, "ann", content, 30, 0);
  assert.equal(first.again, false);
  const again = makePending(first, "ann", { ...content }, 30, 1);
  assert.deepEqual([again.requestId, again.again], [first.requestId, true]);
  for (const other of [{ cids: ["2", "1"] }, { action: "PE-Enable" }, { cluster: "b" }, { batchId: "x" }]) {
    assert.notEqual(makePending(first, "ann", { ...content, ...other }, 30, 1).requestId, first.requestId);
  }
  assert.notEqual(makePending(first, "bob", content, 30, 1).requestId, first.requestId);
});

test("what is kept over a reload holds no customers and no token", () => {
  const kept = storage();
  savePending(kept, makePending(null, "ann",
    { ...content, cids: ["secret-customer"], token: "secret-token" }, 30, 0));
  assert.doesNotMatch(kept.text(), /secret/);
  assert.equal(loadPending(kept).count, 1);
  clearPending(kept);
  assert.equal(loadPending(kept), null);
});

test("rubbish in the storage is no request", () => {
  for (const text of ["", "{", "null", "[]", '{"requestId":7}']) {
    assert.equal(loadPending({ getItem: () => text }), null);
  }
});
