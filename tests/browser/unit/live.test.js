import assert from "node:assert/strict";
import test from "node:test";

import { applyChange, applyChanges, comeBack, firstPage, goesOnByItself, MAX_ARRIVED, MAX_EMPTY_PAGES, morePages,
  newsOf, showArrived, unheardOf } from "../../../services/gateway/web/app/model/live.js";

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
});

test("of what a fresh first page does not tell, the running are asked for first, then those whose truth may have come", () => {
  const ended = (id, number, effect, source) =>
    job(id, number, "1", { status: "FAILED", effect, outcome_source: source });
  const shown = firstPage({ next_page_token: "", jobs: [
    ended("f", 6, "UNKNOWN", "PRESUMED"), ended("e", 5, "NOT_APPLIED", "TOLD"), ended("d", 4, "APPLIED", "RESOLVED"),
    job("c", 3), job("b", 2)] });
  assert.deepEqual(ids(unheardOf(shown, firstPage({ jobs: [job("c", 3)], next_page_token: "" }))), ["b", "f", "d"]);
});

test("changes that came together are applied in their order", () => {
  const changed = applyChanges(list(), [job("d", 4), job("b", 2, "2"), job("b", 2, "3", { status: "SUCCESS" })],
    ({ status }) => status === "IN_PROGRESS");
  assert.deepEqual(ids(changed.arrived), ["d"]);
  assert.deepEqual([changed.rows[1].etag, [...changed.left]], ["3", ["b"]]);
});

test("the search goes on by itself until so many pages in a row were empty", () => {
  const page = (...jobs) => ({ jobs, next_page_token: "t" });
  let searched = list();
  for (let i = 1; i < MAX_EMPTY_PAGES; i += 1) searched = morePages(searched, page());
  assert.equal(goesOnByItself(searched), true);
  assert.equal(goesOnByItself(morePages(searched, page(job("b", 2)))), false, "a job that is there already is no match");
  assert.equal(morePages(searched, page(job("a", 1))).emptyPages, 0);
  assert.equal(goesOnByItself(morePages(list(), { jobs: [job("a", 1)], next_page_token: "" })), false, "that is all");
  const many = Array.from({ length: 1000 }, (_, i) => job(`n${i}`, 1));
  assert.equal(goesOnByItself(morePages(list(), page(...many))), false);
});

test("what is new is said with its place", () => {
  assert.equal(newsOf(list()), "");
  assert.equal(newsOf(applyChange(list(), job("d", 4), true)), "1 new");
  assert.equal(newsOf({ ...list(), gap: true }), "New jobs");
  assert.equal(newsOf({ ...list(), gap: true, arrived: [job("d", 4)] }), "1+ new");
  assert.equal(newsOf({ ...list(), left: new Set(["b"]) }), "Tidy up");
  const oldest = { ...firstPage({ jobs: [job("b", 2), job("c", 3)], next_page_token: "" }), oldest: true };
  assert.equal(newsOf(applyChange(oldest, job("d", 4), true)), "1 new below");
  assert.equal(newsOf(applyChanges(oldest, [job("d", 4), job("a", 1)], () => true)), "2 more");
  assert.equal(newsOf({ ...oldest, gap: true }), "More jobs");
});

test("so many new jobs wait, and no more", () => {
  let waiting = list();
  for (let i = 0; i < MAX_ARRIVED; i += 1) waiting = applyChange(waiting, job(`n${i}`, 4), true);
  assert.deepEqual([waiting.arrived.length, waiting.gap], [MAX_ARRIVED, false]);
  waiting = applyChange(waiting, job("one more", 4), true);
  assert.deepEqual([waiting.arrived.length, waiting.gap], [MAX_ARRIVED, true]);
});
