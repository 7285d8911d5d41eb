// The list of jobs behind the table: pages, live changes, and what is kept for coming back.

import { api } from "../api.js";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "../lib.js";
import { useWatch } from "../parts/watch.js";
import { matches, toCountParams, toListParams, toWatchParams, stateCounts, toQuery }
  from "../model/filters.js";
import { applyChange, EMPTY_LIST, firstPage, morePages, showArrived } from "../model/live.js";

const PAGE_SIZE = 50;
// Counts follow live changes, but not each single one.
const COUNT_PAUSE_MS = 2000;

// The list as it was left, so that "back" finds it where it was.
let kept = null;

function firstPageParams(filters) {
  const params = toListParams(filters, Date.now());
  params.set("page_size", PAGE_SIZE);
  return params;
}

// What was shown, with what has changed since; the fresh list where too much has.
function comeBack(old, fresh) {
  const known = new Set(old.rows.map((job) => job.job_id));
  if (fresh.rows.length > 0 && !fresh.rows.some((job) => known.has(job.job_id))) return fresh;
  return fresh.rows.reduce((now, job) => applyChange(now, job, true), old);
}

/** Numbers for the states above the list; null while unknown or where they can't be had. */
export function useCounts(filters, turn) {
  const [counts, setCounts] = useState(null);
  const query = toQuery({ ...filters, statuses: [], effects: [], order: "" });
  useEffect(() => {
    const params = toCountParams(filters, Date.now());
    if (!params) {
      setCounts(null);
      return undefined;
    }
    const controller = new AbortController();
    api.stats(params, controller.signal).then(
      (answer) => setCounts(stateCounts(answer.rows)),
      () => controller.signal.aborted || setCounts(null),
    );
    return () => controller.abort();
  }, [query, turn]);
  return counts;
}

/** The list for these filters and what can be done with it. */
export function useJobList(filters) {
  const query = toQuery(filters);
  const back = kept?.query === query ? kept : null;
  const [list, setList] = useState(back?.list ?? EMPTY_LIST);
  const [status, setStatus] = useState({ loading: !back, more: false, error: null });
  const [changes, setChanges] = useState(0);
  const [turn, setTurn] = useState(0);
  const left = useRef(null);
  // Pages that were asked for before the filters changed are not wanted any more.
  const asked = useRef(0);

  useEffect(() => {
    const returning = kept?.query === query && turn === 0;
    const mine = (asked.current += 1);
    const controller = new AbortController();
    if (!returning) setStatus({ loading: true, more: false, error: null });
    const params = firstPageParams(filters);
    api.jobs(params, controller.signal).then((page) => {
      if (mine !== asked.current) return;
      const fresh = { ...firstPage(page), params: params.toString() };
      setList((old) => (returning ? comeBack(old, fresh) : fresh));
      setStatus({ loading: false, more: false, error: null });
    }, (error) => {
      if (mine === asked.current && error.name !== "AbortError") {
        setStatus({ loading: false, more: false, error });
      }
    });
    return () => controller.abort();
  }, [query, turn]);

  left.current = { query, list };
  useLayoutEffect(() => {
    if (back) window.scrollTo(0, back.scroll);
    return () => {
      kept = { ...left.current, scroll: window.scrollY };
    };
  }, []);

  const more = useCallback(() => {
    const mine = asked.current;
    setStatus((old) => ({ ...old, more: true, error: null }));
    // The token is bound to the first page's filter: a range that moves must stay where it was.
    const params = new URLSearchParams(list.params);
    params.set("page_token", list.nextToken);
    api.jobs(params).then((page) => {
      if (mine !== asked.current) return;
      setList((old) => morePages(old, page));
      setStatus({ loading: false, more: false, error: null });
    }, (error) => mine === asked.current && setStatus({ loading: false, more: false, error }));
  }, [query, list.nextToken]);

  const reload = useCallback(() => setTurn((value) => value + 1), []);
  const onJob = useCallback((job) => {
    setList((old) => applyChange(old, job, matches(filters, job)));
    setChanges((value) => value + 1);
  }, [query]);
  const live = useWatch(toWatchParams(filters).toString(), { onJob, onGap: reload });
  const show = useCallback(() => setList(showArrived), []);
  return { list, ...status, live, changes, turn, more, reload, show };
}

/** A number that follows `value`, but changes at most every two seconds. */
export function usePaced(value) {
  const [paced, setPaced] = useState(value);
  const timer = useRef(0);
  const latest = useRef(value);
  latest.current = value;
  useEffect(() => {
    if (timer.current || value === paced) return;
    timer.current = setTimeout(() => {
      timer.current = 0;
      setPaced(latest.current);
    }, COUNT_PAUSE_MS);
  }, [value, paced]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return paced;
}
