// A list that changes while somebody reads it: no row ever moves by itself. Pure.

export const EMPTY_LIST = Object.freeze({
  rows: [], arrived: [], nextToken: "", left: new Set(), oldest: false,
});

/** A list anew, as a first page answered it. */
export function firstPage(page) {
  return { ...EMPTY_LIST, rows: page.jobs, nextToken: page.next_page_token };
}

/** The next page added below; a job that is there already stays where it is. */
export function morePages(list, page) {
  const known = new Set(list.rows.map((job) => job.job_id));
  const rows = [...list.rows, ...page.jobs.filter((job) => !known.has(job.job_id))];
  return { ...list, rows, nextToken: page.next_page_token };
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
  // Older than what has been paged to: it will come with its page.
  const last = list.rows.at(-1);
  const below = list.nextToken !== "" && last && job.created_at < last.created_at;
  if (belongs && !below) arrived.push(job);
  if (!waiting && arrived.length === list.arrived.length) return list;
  return { ...list, arrived };
}

/** Shows what has arrived, in its place, and lets go of rows that no longer belong. */
export function showArrived(list) {
  const newestFirst = (a, b) =>
    b.created_at.localeCompare(a.created_at) || Number(b.number) - Number(a.number);
  const rows = [...list.arrived, ...list.rows.filter((row) => !list.left.has(row.job_id))];
  rows.sort(newestFirst);
  return { ...list, rows: list.oldest ? rows.reverse() : rows, arrived: [], left: new Set() };
}
