// Changes of jobs as the gateway streams them (Server-Sent Events).

import { api, sessionFound } from "../api.js";
import { useEffect, useRef, useState } from "../lib.js";
import { useStore } from "../store.js";

// After the stream was refused; the browser itself goes on after a broken connection.
const RETRY_MS = 3000;

/**
 * Calls `onJob(job)` for each change, and `onGap()` when changes may have been missed and the list
 * should be read anew. Answers "connecting", "live" or "away".
 */
export function useWatch(params, { onJob, onGap, enabled = true }) {
  const [state, setState] = useState("connecting");
  const login = useStore(sessionFound);
  const handlers = useRef();
  handlers.current = { onJob, onGap };
  useEffect(() => {
    if (!enabled) return undefined;
    let source;
    let timer = 0;
    const open = () => {
      source = new EventSource(api.watchUrl(params));
      source.onopen = () => setState("live");
      source.onmessage = (event) => {
        setState("live");
        const job = event.data ? JSON.parse(event.data) : {};
        if (job.job_id) handlers.current.onJob(job);
      };
      source.addEventListener("reset", () => handlers.current.onGap());
      source.onerror = () => {
        setState("away");
        if (source.readyState !== EventSource.CLOSED) return;
        // Refused: nobody logged in (the question shows the login), too old, or not there now.
        timer = setTimeout(() => {
          api.me().then(() => {
            handlers.current.onGap();
            open();
          }, (error) => error.status !== 401 && source.onerror());
        }, RETRY_MS);
      };
    };
    open();
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, [params, enabled, login]);
  return state;
}
