// Loading things and knowing how it went.

import { sessionFound } from "../api.js";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "../lib.js";
import { useStore } from "../store.js";

/**
 * Loads by `load(signal, background)` when `key` changes, and when somebody has logged in again. Answers `{data, error,
 * loading, reload}`; `reload(true)` is the page's own wish, a background one. While it loads again, `data` is still the
 * last one of the same key. `error` is an ApiError.
 */
export function useLoad(key, load) {
  const [state, setState] = useState({ key, data: null, error: null, loading: true });
  const [turn, setTurn] = useState(0);
  const background = useRef(false);
  const login = useStore(sessionFound);
  const current = useRef(load);
  current.current = load;
  // Before the page is drawn rather than after: the question is on its way meanwhile.
  useLayoutEffect(() => {
    const controller = new AbortController();
    setState((old) => ({
      key,
      data: old.key === key ? old.data : null,
      error: null,
      loading: true,
    }));
    const ownWish = background.current;
    background.current = false;
    current.current(controller.signal, ownWish).then(
      (data) => !controller.signal.aborted && setState({ key, data, error: null, loading: false }),
      (error) => !controller.signal.aborted &&
        setState((old) => ({ key, data: old.data, error, loading: false })),
    );
    return () => controller.abort();
  }, [key, turn, login]);
  const reload = useCallback((ownWish = false) => {
    background.current = ownWish === true;
    setTurn((value) => value + 1);
  }, []);
  const fresh = state.key === key;
  return {
    data: fresh ? state.data : null,
    error: fresh ? state.error : null,
    loading: !fresh || state.loading,
    reload,
  };
}

/**
 * A function that gathers what it is given for `ms` from the first on, and then hands all of it to `take(list)` at once.
 * What is gathered when `key` changes is dropped.
 */
export function useGathered(take, ms, key) {
  const gathered = useRef([]);
  const timer = useRef(0);
  const current = useRef();
  current.current = take;
  useLayoutEffect(() => () => {
    clearTimeout(timer.current);
    gathered.current = [];
  }, [key]);
  return useCallback((one) => {
    if (gathered.current.push(one) > 1) return;
    timer.current = setTimeout(() => {
      const all = gathered.current;
      gathered.current = [];
      current.current(all);
    }, ms);
  }, []);
}

/** The title of the page in the browser. */
export function useTitle(title) {
  useEffect(() => {
    document.title = `${title} · Set Action Ledger`;
  }, [title]);
}
