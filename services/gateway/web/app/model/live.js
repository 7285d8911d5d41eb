// A list that changes while somebody reads it: no row ever moves by itself. Pure.

import { formatNumber } from "./format.js";

// So many new jobs wait by themselves; of more it is only known that there are some.
export const MAX_ARRIVED = 1000;
// From here on more rows come only by pressing the button.
const MAX_AUTOMATIC_ROWS = 1000;
// Pages in a row without a match that are asked for by themselves; each looks through 10,000 jobs.
export const MAX_EMPTY_PAGES = 10;

// `gap`: more is new than `arrived` has; only the list anew shows it. `emptyPages`: so many pages in a row brought nothing.
export const EMPTY_LIST = Object.freeze({
  rows: [], arrived: [], nextToken: "", emptyPages: 0, left: new Set(), oldest: false, gap: false,
});

/** A list anew, as a first page answered it. */
export function firstPage(page) {
  return { ...EMPTY_LIST, rows: page.jobs, nextToken: page.next_page_token };
}

/** The next page added below; a job that is there already stays where it is. */
export function morePages(list, page) {
  const known = new Set(list.rows.map((job) => job.job_id));
  const found = page.jobs.filter((job) => !known.has(job.job_id));
  const emptyPages = found.length > 0 ? 0 : list.emptyPages + 1;
  return { ...list, rows: [...list.rows, ...found], nextToken: page.next_page_token, emptyPages };
}

/** Whether the next page may be asked for without a person's wish. */
export function goesOnByItself(list) {
  return list.nextToken !== "" && list.rows.length < MAX_AUTOMATIC_ROWS && list.emptyPages < MAX_EMPTY_PAGES;
}

/** The jobs on the pages to come, and those that have been looked through, in a word each. */
export function sidesOf(list) {
  return list.oldest ? { ahead: "newer", behind: "older" } : { ahead: "older", behind: "newer" };
}

const age = (job) => Number(job.etag || 0);

function isOlder(job, than) {
  return age(job) < age(than);
}

/**
 * Applies one change. A row that is shown changes in its place, and is marked in `left` if it no
 * longer belongs to the list; a new job waits in `arrived` until the reader asks for it.
 */
export function applyChange(list, job, belongs) {
  const at = list.rows.findIndex((row) => row.job_id === job.job_id);
  if (at >= 0) {
    if (isOlder(job, list.rows[at])) return list;
    if (age(job) === age(list.rows[at]) && belongs !== list.left.has(job.job_id)) return list;
    const rows = list.rows.map((row, i) => (i === at ? job : row));
    const left = new Set(list.left);
    if (belongs) left.delete(job.job_id);
    else left.add(job.job_id);
    return { ...list, rows, left };
  }
  const waiting = list.arrived.find((row) => row.job_id === job.job_id);
  if (waiting && isOlder(job, waiting)) return list;
  const arrived = list.arrived.filter((row) => row !== waiting);
  // Beyond what has been paged to: it will come with its page.
  const last = list.rows.at(-1);
  const beyond = list.oldest ? job.created_at > last?.created_at : job.created_at < last?.created_at;
  const below = list.nextToken !== "" && beyond;
  if (belongs && !below) {
    if (arrived.length >= MAX_ARRIVED) return list.gap ? list : { ...list, gap: true };
    arrived.push(job);
  }
  if (!waiting && arrived.length === list.arrived.length) return list;
  return { ...list, arrived };
}

/** Applies changes one after the other; `belongs(job)` tells whether a job is among what was asked for. */
export function applyChanges(list, jobs, belongs) {
  return jobs.reduce((now, job) => applyChange(now, job, belongs(job)), list);
}

/**
 * What was shown, with what has changed in a fresh first page. Rows stay where they are also where that page has none of
 * them: then it is only noted that there is a gap between it and them.
 */
export function comeBack(list, fresh) {
  if (list.rows.length === 0) return fresh.rows.length === 0 ? list : fresh;
  const known = new Set(list.rows.map((job) => job.job_id));
  if (fresh.rows.length > 0 && !fresh.rows.some((job) => known.has(job.job_id))) {
    return { ...list, gap: true };
  }
  return applyChanges(list, fresh.rows, () => true);
}

/**
 * Rows that may have changed since they were last heard of, and that a fresh first page does not tell of: those that were
 * running, then those whose outcome was not known or only a person's word, since the truth may have come.
 */
export function unheardOf(list, fresh) {
  const told = new Set(fresh.rows.map((job) => job.job_id));
  const others = list.rows.filter((job) => !told.has(job.job_id));
  const running = (job) => job.status === "IN_PROGRESS";
  const open = (job) => !running(job) && (job.effect === "UNKNOWN" || job.outcome_source === "RESOLVED");
  return [...others.filter(running), ...others.filter(open)];
}

/** What the button says that shows what is new; empty where nothing is. */
export function newsOf(list) {
  if (!list.gap && list.arrived.length === 0) return list.left.size > 0 ? "Tidy up" : "";
  if (list.arrived.length === 0) return list.oldest ? "More jobs" : "New jobs";
  const number = `${formatNumber(list.arrived.length)}${list.gap ? "+" : ""}`;
  if (!list.oldest) return `${number} new`;
  // Oldest first, new jobs come last; what is further up has been there before, and matches only now.
  const last = list.rows.at(-1);
  return list.arrived.some((job) => job.created_at < last?.created_at) ? `${number} more` : `${number} new below`;
}

/** Shows what has arrived, in its place, and lets go of rows that no longer belong. */
export function showArrived(list) {
  const newestFirst = (a, b) =>
    b.created_at.localeCompare(a.created_at) || Number(b.number) - Number(a.number);
  const rows = [...list.arrived, ...list.rows.filter((row) => !list.left.has(row.job_id))];
  rows.sort(newestFirst);
  return { ...list, rows: list.oldest ? rows.reverse() : rows, arrived: [], left: new Set() };
}
