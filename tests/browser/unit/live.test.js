import assert from "node:assert/strict";
import test from "node:test";

import { applyChange, comeBack, firstPage, MAX_ARRIVED, morePages, showArrived, unheardOf }
  from "../../../services/gateway/web/app/model/live.js";

const job = (id, number, etag = "1", more = {}) => ({
  job_id: id, number: String(number), etag, status: "IN_PROGRESS",
  created_at: `2026-01-01T00:00:${String(number).padStart(2, "0")}Z`, ...more,
});
const ids = (rows) => rows.map((row) => row.job_id);
const list = () => firstPage({ jobs: [job("c", 3), job("b", 2)], next_page_token: "t" });

test("a new job waits; no row moves until it is asked for", () => {
  const changed = applyChange(list(), job("d", 4), true);
  assert.deepEqual(ids(changed.rows), ["c", "b"]);
  assert.deepEqual(ids(changed.arrived), ["d"]);
  assert.deepEqual(ids(showArrived(changed).rows), ["d", "c", "b"]);
  assert.equal(applyChange(changed, job("d", 4, "2"), true).arrived.length, 1, "counted once");
});

test("oldest first stays oldest first", () => {
  const oldest = { ...firstPage({ jobs: [job("b", 2), job("c", 3)], next_page_token: "" }), oldest: true };
  assert.deepEqual(ids(showArrived(applyChange(oldest, job("d", 4), true)).rows), ["b", "c", "d"]);
});

test("oldest first, a new job comes with its page", () => {
  const oldest = { ...firstPage({ jobs: [job("b", 2), job("c", 3)], next_page_token: "t" }), oldest: true };
  assert.equal(applyChange(oldest, job("d", 4), true).arrived.length, 0);
  assert.deepEqual(ids(applyChange(oldest, job("a", 1), true).arrived), ["a"]);
});

test("a change of a shown job changes its row in its place", () => {
  const changed = applyChange(list(), job("b", 2, "2", { status: "SUCCESS" }), true);
  assert.deepEqual(ids(changed.rows), ["c", "b"]);
  assert.equal(changed.rows[1].status, "SUCCESS");
  assert.equal(applyChange(changed, job("b", 2, "1"), true), changed, "an older change is too late");
  assert.equal(applyChange(changed, job("b", 2, "2"), true), changed, "what is there already changes nothing");
});

test("a row that no longer belongs stays, marked, until it is asked for", () => {
  const changed = applyChange(list(), job("b", 2, "2", { status: "SUCCESS" }), false);
  assert.deepEqual([...changed.left], ["b"]);
  assert.deepEqual([...applyChange(changed, job("b", 2, "2"), true).left], [], "it may come back unchanged");
  assert.deepEqual(ids(changed.rows), ["c", "b"]);
  assert.deepEqual(ids(showArrived(changed).rows), ["c"]);
});

test("jobs of pages not yet loaded, and those that do not belong, do not count as new", () => {
  assert.equal(applyChange(list(), job("a", 1), true).arrived.length, 0);
  assert.equal(applyChange(list(), job("d", 4), false).arrived.length, 0);
});

test("a job met twice while paging is shown once", () => {
  const longer = morePages(list(), { jobs: [job("b", 2), job("a", 1)], next_page_token: "" });
  assert.deepEqual(ids(longer.rows), ["c", "b", "a"]);
  assert.equal(longer.nextToken, "");
});

test("rows stay where a fresh first page has none of them; only a gap is noted", () => {
  const fresh = firstPage({ jobs: [job("z", 26)], next_page_token: "t" });
  const back = comeBack(list(), fresh);
  assert.deepEqual(ids(back.rows), ["c", "b"]);
  assert.equal(back.gap, true);
  assert.equal(comeBack(list(), list()).gap, false);
  assert.deepEqual(ids(comeBack(firstPage({ jobs: [], next_page_token: "" }), fresh).rows), ["z"]);
  assert.deepEqual(ids(unheardOf(list(), firstPage({ jobs: [job("c", 3)], next_page_token: "" }))), ["b"]);
});

test("so many new jobs wait, and no more", () => {
  let waiting = list();
  for (let i = 0; i < MAX_ARRIVED; i += 1) waiting = applyChange(waiting, job(`n${i}`, 4), true);
  assert.deepEqual([waiting.arrived.length, waiting.gap], [MAX_ARRIVED, false]);
  waiting = applyChange(waiting, job("one more", 4), true);
  assert.deepEqual([waiting.arrived.length, waiting.gap], [MAX_ARRIVED, true]);
});
