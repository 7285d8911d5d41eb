// The list of jobs behind the table: pages, live changes, and what is kept for coming back.

import { api } from "../api.js";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "../lib.js";
import { useGathered } from "../parts/hooks.js";
import { useWatch } from "../parts/watch.js";
import { matches, toCountParams, toListParams, toWatchParams, stateCounts, toQuery }
  from "../model/filters.js";
import { applyChanges, comeBack, EMPTY_LIST, firstPage, MAX_EMPTY_PAGES, morePages, showArrived, unheardOf }
  from "../model/live.js";

const PAGE_SIZE = 50;
// Of jobs further down that may have changed, which are asked for one by one after coming back.
const MAX_UNHEARD_OF = 50;
// Changes that come in a burst are drawn together.
const GATHER_MS = 100;
// Counts follow live changes, but not each single one.
const COUNT_PAUSE_MS = 2000;

const IDLE = { loading: false, loadingMore: false, error: null, moreError: null };

// The list as it was left, so that "back" finds it where it was.
let kept = null;

function firstPageParams(filters) {
  const params = toListParams(filters, Date.now());
  params.set("page_size", PAGE_SIZE);
  if (filters.order === "oldest") params.set("order_by", "created_at");
  return params;
}

// The begin of the list in the order that is asked for.
async function readFirst(filters, signal, background = false) {
  const params = firstPageParams(filters);
  const page = await api.jobs(params, signal, background);
  return { ...firstPage(page), oldest: filters.order === "oldest", params: params.toString(), query: toQuery(filters) };
}

/**
 * The pages after the first. `more(ownWish, background)` asks for the next one; without `ownWish` a person did, and the
 * search begins to count anew. `stop()` ends a search where it is. `setList` and `setStatus` are told; an error leaves the list as it is.
 */
function usePages(list, setList, setStatus) {
  const asking = useRef(null);
  const drop = useCallback(() => asking.current?.abort(), []);
  const more = useCallback((ownWish = false, background = ownWish) => {
    const controller = new AbortController();
    asking.current = controller;
    setStatus((old) => ({ ...old, loadingMore: true, moreError: null }));
    if (!ownWish) setList((old) => ({ ...old, emptyPages: 0 }));
    // The token is bound to the first page's filter: a range that moves must stay where it was.
    const params = new URLSearchParams(list.params);
    params.set("page_token", list.nextToken);
    api.jobs(params, controller.signal, background).then((page) => {
      if (controller.signal.aborted) return;
      setList((old) => (old.nextToken === list.nextToken ? morePages(old, page) : old));
      setStatus((old) => ({ ...old, loadingMore: false }));
    }, (moreError) => controller.signal.aborted ||
      setStatus((old) => ({ ...old, loadingMore: false, moreError })));
  }, [list.params, list.nextToken]);
  const stop = useCallback(() => {
    drop();
    setStatus((old) => ({ ...old, loadingMore: false }));
    setList((old) => ({ ...old, emptyPages: MAX_EMPTY_PAGES }));
  }, []);
  return { more, stop, drop };
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
    api.stats(params, controller.signal, turn > 0).then(
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
  const [status, setStatus] = useState({ ...IDLE, loading: !back });
  const [changes, setChanges] = useState(0);
  const [turn, setTurn] = useState(0);
  const left = useRef(null);
  // What was asked for before the filters changed is not wanted any more.
  const asked = useRef(0);
  const pages = usePages(list, setList, setStatus);

  const onJob = useGathered((jobs) => {
    setList((old) => applyChanges(old, jobs, (job) => matches(filters, job)));
    setChanges((value) => value + jobs.length);
  }, GATHER_MS, query);
  // Shows what is new in a fresh first page, and asks for what that does not tell of.
  const take = useCallback((fresh) => {
    setList((old) => (old.query === query ? comeBack(old, fresh) : fresh));
    const shown = left.current.list;
    const mine = asked.current;
    if (shown.query !== query) return;
    for (const job of unheardOf(shown, fresh).slice(0, MAX_UNHEARD_OF)) {
      api.jobBasic(job.job_id, undefined, true).then((now) => mine === asked.current && onJob(now), () => {});
    }
  }, [query]);

  // Before the page is drawn rather than after: the question is on its way meanwhile.
  useLayoutEffect(() => {
    const mine = (asked.current += 1);
    const controller = new AbortController();
    if (list.query !== query || turn > 0) setStatus({ ...IDLE, loading: true });
    readFirst(filters, controller.signal).then((fresh) => {
      if (mine !== asked.current) return;
      if (turn === 0) take(fresh);
      else setList(fresh);
      setStatus((old) => ({ ...old, loading: false, error: null }));
    }, (error) => {
      if (mine === asked.current && error.name !== "AbortError") {
        setList((old) => (old.query === query ? old : EMPTY_LIST));
        setStatus((old) => ({ ...old, loading: false, error }));
      }
    });
    return () => {
      controller.abort();
      pages.drop();
    };
  }, [query, turn]);

  left.current = { query, list };
  useLayoutEffect(() => {
    if (back) window.scrollTo(0, back.scroll);
    return () => {
      kept = { ...left.current, scroll: window.scrollY };
    };
  }, []);

  const reload = useCallback(() => setTurn((value) => value + 1), []);
  // What changed between the first page and the begin of the stream.
  const catchUp = useCallback(() => {
    const mine = asked.current;
    readFirst(filters, undefined, true).then((fresh) => {
      if (mine !== asked.current) return;
      take(fresh);
      setStatus((old) => ({ ...old, loading: false, error: null }));
    }, () => {});
  }, [query]);
  const onGap = useCallback(() => setList((old) => ({ ...old, gap: true })), []);
  const live = useWatch(toWatchParams(filters).toString(), { onJob, onStart: catchUp, onGap });
  const show = useCallback(() => (list.gap ? reload() : setList(showArrived)), [list.gap]);
  return { list, ...status, live, changes, turn, more: pages.more, stop: pages.stop, reload, show };
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
