// Values that several parts of the page share.

import { useEffect, useState } from "./lib.js";

/** A value with listeners. `set` takes a value or a function of the old one. */
export function createStore(value) {
  const listeners = new Set();
  return {
    get: () => value,
    set(next) {
      const changed = typeof next === "function" ? next(value) : next;
      if (Object.is(changed, value)) return;
      value = changed;
      for (const listener of [...listeners]) listener(value);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The value of a store; the component is drawn again when it changes. */
export function useStore(store) {
  const [value, setValue] = useState(store.get());
  useEffect(() => {
    setValue(() => store.get());
    return store.subscribe((next) => setValue(() => next));
  }, [store]);
  return value;
}

/** A store kept in this browser; works as a plain one where there is no storage. */
export function createStoredStore(key, fallback) {
  let first = fallback;
  try {
    const text = localStorage.getItem(key);
    if (text !== null) first = JSON.parse(text);
  } catch {
    // Nobody's fault: begin anew.
  }
  const store = createStore(first);
  store.subscribe((value) => {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch {
      // Full or forbidden: the choice lasts as long as the page.
    }
  });
  return store;
}

/** The time, now and every `seconds`; one timer for all who ask for the same pace. */
const clocks = new Map();
export function useNow(seconds) {
  if (!clocks.has(seconds)) {
    const clock = createStore(Date.now());
    setInterval(() => clock.set(Date.now()), seconds * 1000);
    clocks.set(seconds, clock);
  }
  useStore(clocks.get(seconds));
  return Date.now();
}
