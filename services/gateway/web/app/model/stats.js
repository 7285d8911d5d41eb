// Rows of GetJobStats made into what the overview shows. Pure.

import { parseDuration } from "./format.js";

/** What a finished or running job counts as in the chart, from the bottom up. */
export const OUTCOMES = [
  { key: "success", label: "Success" },
  { key: "failed", label: "Failed" },
  { key: "unknown", label: "Failed, outcome unknown" },
  { key: "in_progress", label: "In progress" },
];

function outcomeKey(row) {
  if (row.status === "SUCCESS") return "success";
  if (row.status === "IN_PROGRESS") return "in_progress";
  return row.effect === "UNKNOWN" ? "unknown" : "failed";
}

function nextBucket(date, bucket) {
  const next = new Date(date);
  if (bucket === "HOUR") next.setUTCHours(next.getUTCHours() + 1);
  else if (bucket === "DAY") next.setUTCDate(next.getUTCDate() + 1);
  else next.setUTCMonth(next.getUTCMonth() + 1);
  return next;
}

function bucketOf(time, bucket) {
  const start = new Date(time);
  start.setUTCMinutes(0, 0, 0);
  if (bucket !== "HOUR") start.setUTCHours(0);
  if (bucket === "MONTH") start.setUTCDate(1);
  return start;
}

/**
 * Columns of the chart, one for each bucket from `from` to `to` (milliseconds), also where nothing
 * happened: `{start, total, success, failed, unknown, in_progress}`. Buckets are in UTC.
 */
export function columnsOf(rows, bucket, from, to) {
  const columns = new Map();
  for (let at = bucketOf(from, bucket); at < to; at = nextBucket(at, bucket)) {
    columns.set(at.getTime(), emptyColumn(at));
  }
  for (const row of rows) {
    const start = Date.parse(row.bucket_start);
    if (!columns.has(start)) columns.set(start, emptyColumn(new Date(start)));
    const column = columns.get(start);
    const jobs = Number(row.job_count);
    column[outcomeKey(row)] += jobs;
    column.total += jobs;
  }
  return [...columns.values()].sort((a, b) => a.start - b.start);
}

function emptyColumn(start) {
  return { start, total: 0, success: 0, failed: 0, unknown: 0, in_progress: 0 };
}

/** Sums over columns: `{total, success, failed, unknown, in_progress}`. */
export function totalsOf(columns) {
  const totals = { total: 0, success: 0, failed: 0, unknown: 0, in_progress: 0 };
  for (const column of columns) {
    for (const key of Object.keys(totals)) totals[key] += column[key];
  }
  return totals;
}

/** Failures by reason, most first: `{reason, count}`. */
export function reasonsOf(rows) {
  return rows
    .filter((row) => row.failure_reason !== "FAILURE_REASON_UNSPECIFIED")
    .map((row) => ({ reason: row.failure_reason, count: Number(row.job_count) }))
    .sort((a, b) => b.count - a.count);
}

/**
 * The duration below which the given share of jobs stayed, in seconds, from histogram counts: the
 * upper bound of its bar (`more` is true where it is beyond the last bound). Null without jobs.
 */
export function quantile(counts, bounds, share) {
  const total = counts.reduce((sum, value) => sum + value, 0);
  if (total === 0) return null;
  let below = 0;
  for (let i = 0; i < counts.length; i += 1) {
    below += counts[i];
    if (below >= share * total) {
      return { seconds: bounds[Math.min(i, bounds.length - 1)], more: i >= bounds.length };
    }
  }
  return null;
}

/** Clusters by the time that most of their calls stayed below, slowest first. */
export function slowest(answer) {
  const bounds = answer.duration_bounds.map(parseDuration);
  return answer.rows
    .map((row) => {
      const counts = row.duration_counts.map(Number);
      const timed = Number(row.timed_job_count);
      return {
        cluster: row.cluster,
        jobs: Number(row.job_count),
        mean: timed > 0 ? parseDuration(row.duration_sum) / timed : null,
        p50: quantile(counts, bounds, 0.5),
        p95: quantile(counts, bounds, 0.95),
      };
    })
    .filter((row) => row.p95 !== null)
    .sort((a, b) => b.p95.seconds - a.p95.seconds || b.mean - a.mean);
}

/** A round number at or above `value`, for the top of an axis. */
export function niceMax(value) {
  const size = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  const step = [1, 2, 4, 5, 10].find((factor) => factor * size >= value);
  return Math.max(1, step * size);
}
