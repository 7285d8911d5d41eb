import assert from "node:assert/strict";
import test from "node:test";

import { columnsOf, niceMax, quantile, reasonsOf, slowest, totalsOf }
  from "../../../services/gateway/web/app/model/stats.js";

const at = (text) => Date.parse(text);

test("columns cover the whole range, also where nothing happened", () => {
  const columns = columnsOf([
    { bucket_start: "2026-01-02T00:00:00Z", status: "FAILED", effect: "UNKNOWN", job_count: "2" },
    { bucket_start: "2026-01-02T00:00:00Z", status: "SUCCESS", effect: "APPLIED", job_count: "3" },
  ], "DAY", at("2026-01-01T12:00:00Z"), at("2026-01-03T12:00:00Z"));
  assert.deepEqual(columns.map((column) => column.total), [0, 5, 0]);
  assert.deepEqual(totalsOf(columns), { total: 5, success: 3, failed: 0, unknown: 2, in_progress: 0 });
});

test("months and hours step by the calendar of UTC", () => {
  const months = columnsOf([], "MONTH", at("2025-11-30T00:00:00Z"), at("2026-02-02T00:00:00Z"));
  assert.deepEqual(months.map(({ start }) => start.toISOString().slice(0, 10)),
    ["2025-11-01", "2025-12-01", "2026-01-01", "2026-02-01"]);
  assert.equal(columnsOf([], "HOUR", at("2026-01-01T00:30:00Z"), at("2026-01-01T23:30:00Z")).length, 24);
});

test("quantiles are bounds of the histogram, and say when they are beyond it", () => {
  const bounds = [0.1, 1, 10];
  assert.deepEqual(quantile([5, 5, 0, 0], bounds, 0.5), { seconds: 0.1, more: false });
  assert.deepEqual(quantile([1, 0, 0, 9], bounds, 0.95), { seconds: 10, more: true });
  assert.equal(quantile([0, 0, 0, 0], bounds, 0.5), null);
});

test("the slowest cluster comes first, clusters without a call not at all", () => {
  const row = (cluster, counts, sum) => ({
    cluster, job_count: "2", timed_job_count: counts.some(Number) ? "2" : "0", duration_sum: sum,
    duration_counts: counts,
  });
  const found = slowest({
    duration_bounds: ["0.100s", "1s"],
    rows: [row("quick", ["2", "0", "0"], "0.1s"), row("slow", ["0", "2", "0"], "1.4s"),
      row("idle", ["0", "0", "0"], "0s")],
  });
  assert.deepEqual(found.map(({ cluster }) => cluster), ["slow", "quick"]);
  assert.equal(found[0].mean, 0.7);
});

test("reasons are sorted by number; axes end at round numbers", () => {
  assert.deepEqual(reasonsOf([{ failure_reason: "TIMEOUT", job_count: "1" },
    { failure_reason: "REJECTED", job_count: "5" },
    { failure_reason: "FAILURE_REASON_UNSPECIFIED", job_count: "9" }]).map(({ reason }) => reason),
  ["REJECTED", "TIMEOUT"]);
  assert.deepEqual([0, 1, 3, 7, 41, 80, 1001].map(niceMax), [1, 1, 4, 10, 50, 100, 2000]);
});
