import assert from "node:assert/strict";
import test from "node:test";

import { clearPending, loadPending, makePending, newRequestId, savePending, wasNotCalled }
  from "../../../services/gateway/web/app/model/pending.js";

const content = { cluster: "a", action: "T-Enable", cids: ["1", "2"], batchId: "", timeoutSeconds: 0, timeoutLimit: 30 };

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
  const first = makePending([], "ann", content, 0);
  assert.equal(first.again, false);
  const again = makePending([first], "ann", { ...content }, 1);
  assert.deepEqual([again.requestId, again.again], [first.requestId, true]);
  for (const other of [{ cids: ["2", "1"] }, { action: "PE-Enable" }, { cluster: "b" }, { batchId: "x" }]) {
    assert.notEqual(makePending([first], "ann", { ...content, ...other }, 1).requestId, first.requestId);
  }
  assert.notEqual(makePending([first], "bob", content, 1).requestId, first.requestId);
});

test("what is kept over a reload holds no customers and no token", () => {
  const kept = storage();
  const pending = makePending([], "ann",
    { ...content, cids: ["secret-customer"], token: "secret-token" }, 0);
  savePending(kept, pending);
  assert.doesNotMatch(kept.text(), /secret/);
  assert.equal(loadPending(kept)[0].count, 1);
  clearPending(kept, pending);
  assert.equal(kept.getItem("tms.pending"), null);
});

test("a request keeps its id while others are sent in between; the oldest of many goes", () => {
  const kept = storage();
  const send = (cids) => {
    const pending = makePending(loadPending(kept), "ann", { ...content, cids }, 0);
    savePending(kept, pending);
    return pending;
  };
  const first = send(["a"]);
  const second = send(["b"]);
  assert.deepEqual([send(["a"]).requestId, loadPending(kept).length], [first.requestId, 2]);
  clearPending(kept, second);
  assert.deepEqual(loadPending(kept).map((one) => one.requestId), [first.requestId]);
  for (let i = 0; i < 19; i += 1) send([String(i)]);
  assert.equal(send(["a"]).requestId, first.requestId);
  for (let i = 20; i < 40; i += 1) send([String(i)]);
  assert.equal(loadPending(kept).length, 20);
  assert.notEqual(send(["a"]).requestId, first.requestId);
});

test("a request can begin until the gateway gives it up: its timeout, else the longest, and a margin", () => {
  const last = (timeoutSeconds) => makePending([], "ann", { ...content, timeoutSeconds }, 1000).lastStart;
  assert.deepEqual([last(0), last(2.5), last(120)], [136_000, 19_000, 136_000]);
});

test("only what is known to mean so says that nothing was called", () => {
  for (const reason of ["INVALID_FIELDS", "NOT_LOGGED_IN", "ROLE_MISSING", "REQUEST_ID_REUSED", "BODY_TOO_LARGE",
    "CLUSTER_BUSY", "LEDGER_REFUSED", "LEDGER_UNAVAILABLE", "DEADLINE_IN_QUEUE"]) {
    assert.equal(wasNotCalled({ reason }), true, reason);
  }
  for (const reason of ["OUTCOME_UNKNOWN", "EXCEPTION", "INTERNAL", "UNAVAILABLE", "SOMETHING_NEW", ""]) {
    assert.equal(wasNotCalled({ reason, status: 500 }), false, reason);
  }
});

test("rubbish in the storage is no request", () => {
  for (const text of ["", "{", "null", "[]", "[null]", '[{"requestId":7}]', '{"requestId":"a"}']) {
    assert.deepEqual(loadPending({ getItem: () => text }), []);
  }
});
