// What the list of jobs is narrowed to, as it stands in the address and in a request. Pure.

import { EFFECT_NAMES, REASON_NAMES } from "./outcome.js";

const STATUS_NAMES = ["IN_PROGRESS", "SUCCESS", "FAILED"];

// Parameters of the address, which are also those of the API. `words`: only these values.
const LISTS = {
  statuses: { words: STATUS_NAMES },
  effects: { words: EFFECT_NAMES },
  failure_reasons: { words: REASON_NAMES },
  action_codes: { pattern: /^\d{1,9}$/ },
  clusters: {},
  user_ids: {},
};
const TEXTS = ["cid", "batch_id", "request_id"];
const NUMBERS = ["http_status"];
const TIMES = ["created_after", "created_before"];

/** Ranges that end now, in seconds; the address keeps the name, so that a saved view moves on. */
export const RANGES = {
  "1h": { label: "Last hour", seconds: 3600 },
  "24h": { label: "Last 24 hours", seconds: 86_400 },
  "7d": { label: "Last 7 days", seconds: 7 * 86_400 },
  "30d": { label: "Last 30 days", seconds: 30 * 86_400 },
};

export const NO_FILTERS = Object.freeze({
  statuses: [], effects: [], failure_reasons: [], action_codes: [], clusters: [], user_ids: [],
  cid: "", batch_id: "", request_id: "", http_status: "",
  created_after: "", created_before: "", range: "", order: "",
});

/** Reads an address's query; values that the API would refuse are dropped. */
export function fromQuery(query) {
  const params = new URLSearchParams(query);
  const filters = { ...NO_FILTERS };
  for (const [name, { words, pattern }] of Object.entries(LISTS)) {
    const allowed = (value) =>
      value !== "" && (!words || words.includes(value)) && (!pattern || pattern.test(value));
    filters[name] = [...new Set(params.getAll(name).filter(allowed))];
  }
  for (const name of TEXTS) filters[name] = (params.get(name) ?? "").trim();
  for (const name of NUMBERS) {
    const value = params.get(name) ?? "";
    filters[name] = /^\d{3}$/.test(value) ? value : "";
  }
  for (const name of TIMES) {
    const value = params.get(name) ?? "";
    filters[name] = Number.isNaN(Date.parse(value)) ? "" : value;
  }
  const range = params.get("range") ?? "";
  filters.range = Object.hasOwn(RANGES, range) ? range : "";
  filters.order = params.get("order") === "oldest" ? "oldest" : "";
  return filters;
}

function append(params, filters, names) {
  for (const name of names) {
    for (const value of [filters[name]].flat()) if (value !== "") params.append(name, value);
  }
}

/** The address's query for these filters; empty without any. */
export function toQuery(filters) {
  const params = new URLSearchParams();
  append(params, filters, Object.keys(NO_FILTERS));
  return params.toString();
}

function sinceOf(filters, now) {
  if (!filters.range) return filters.created_after;
  return new Date(now - RANGES[filters.range].seconds * 1000).toISOString();
}

/** Parameters of ListJobs. `now` in milliseconds. */
export function toListParams(filters, now) {
  const { range, order, ...fields } = filters;
  const params = new URLSearchParams();
  append(params, { ...fields, created_after: sinceOf(filters, now) }, Object.keys(fields));
  return params;
}

// What GetJobStats can be narrowed to besides what it counts.
const STATS_FIELDS = ["clusters", "action_codes", "user_ids", "failure_reasons"];

/** Parameters of GetJobStats for the counts above the list; null where it can't know them. */
export function toCountParams(filters, now) {
  if (filters.cid || filters.batch_id || filters.request_id || filters.http_status) return null;
  const params = new URLSearchParams([["group_by", "STATUS"], ["group_by", "EFFECT"]]);
  append(params, filters, STATS_FIELDS);
  const since = sinceOf(filters, now);
  if (since) params.append("created_after", since);
  if (filters.created_before) params.append("created_before", filters.created_before);
  return params;
}

/** Parameters of a watch: only what a change of a job can't change, so that rows that leave show. */
export function toWatchParams(filters) {
  const params = new URLSearchParams();
  append(params, filters, ["clusters", "action_codes", "user_ids", "batch_id", "request_id", "cid"]);
  return params;
}

/** Whether a changed job still is among what was asked for (the rest the watch has decided). */
export function matches(filters, job) {
  const among = (list, value) => list.length === 0 || list.includes(value);
  return among(filters.statuses, job.status) && among(filters.effects, job.effect) &&
    among(filters.failure_reasons, job.failure_reason) &&
    (filters.http_status === "" || filters.http_status === String(job.http_status ?? "")) &&
    (!filters.created_before || Date.parse(job.created_at) < Date.parse(filters.created_before)) &&
    (!filters.created_after || Date.parse(job.created_at) >= Date.parse(filters.created_after));
}

/** The states above the list: which filters each stands for. */
export const STATES = [
  { key: "all", label: "All", statuses: [], effects: [] },
  { key: "in_progress", label: "In progress", statuses: ["IN_PROGRESS"], effects: [] },
  { key: "success", label: "Success", statuses: ["SUCCESS"], effects: [] },
  { key: "failed", label: "Failed", statuses: ["FAILED"], effects: [] },
  { key: "unknown", label: "Outcome unknown", statuses: [], effects: ["UNKNOWN"] },
];

/** Key of the state that these filters show; empty for another mixture. */
export function stateOf(filters) {
  const same = (a, b) => a.length === b.length && a.every((value) => b.includes(value));
  const found = STATES.find((state) =>
    same(state.statuses, filters.statuses) && same(state.effects, filters.effects));
  return found?.key ?? "";
}

/** Number of jobs in each state, from rows grouped by status and effect. */
export function stateCounts(rows) {
  const counts = { all: 0, in_progress: 0, success: 0, failed: 0, unknown: 0 };
  for (const row of rows) {
    const jobs = Number(row.job_count);
    counts.all += jobs;
    const state = STATES.find(({ statuses }) => statuses[0] === row.status);
    if (state) counts[state.key] += jobs;
    if (row.effect === "UNKNOWN") counts.unknown += jobs;
  }
  return counts;
}

/** How many conditions narrow the list, besides the state above it. */
export function countConditions(filters) {
  const { statuses, effects, order, ...rest } = filters;
  const own = stateOf(filters) === "" ? statuses.length + effects.length : 0;
  return Object.values(rest).filter((value) => value.length > 0).length + (own > 0 ? 1 : 0);
}
