// Changes of jobs as the gateway streams them (Server-Sent Events).

import { api, sessionFound } from "../api.js";
import { useEffect, useRef, useState } from "../lib.js";
import { useStore } from "../store.js";

// After the stream was refused; the browser itself goes on after a broken connection.
const RETRY_MS = 3000;
// A tab that nobody sees gives its connection back: a browser has six for all tabs of a server.
const HIDDEN_MS = 10_000;

/**
 * Calls `onJob(job)` for each change; `onStart()` when a connection begins, since what happened just
 * before may have been missed; `onGap()` when the ledger can't say what was missed.
 * Answers "connecting", "live" or "away".
 */
export function useWatch(params, { onJob, onStart, onGap }) {
  const [state, setState] = useState("connecting");
  const login = useStore(sessionFound);
  const handlers = useRef();
  handlers.current = { onJob, onStart, onGap };
  useEffect(() => {
    let source = null;
    let timer = 0;
    let last = "";
    const open = () => {
      // Later ones only say that nothing happened.
      let begun = false;
      source = new EventSource(api.watchUrl(params, last));
      source.onopen = () => {
        begun = false;
        setState("live");
      };
      source.addEventListener("job", (event) => {
        last = event.lastEventId;
        handlers.current.onJob(JSON.parse(event.data));
      });
      source.addEventListener("bookmark", (event) => {
        last = event.lastEventId;
        if (!begun) handlers.current.onStart();
        begun = true;
      });
      source.addEventListener("reset", () => {
        last = "";
        handlers.current.onGap();
      });
      // Asks who is here: the answer shows the login.
      source.addEventListener("session_ended", () => api.me().catch(() => {}));
      source.onerror = () => {
        setState("away");
        // Otherwise the browser goes on by itself, with the last id.
        if (source.readyState === EventSource.CLOSED) timer = setTimeout(again, RETRY_MS);
      };
    };
    // Refused: nobody is logged in (after a login this effect begins anew), or not possible now.
    const again = () => api.me().then(open, (error) => {
      if (error.status !== 401) timer = setTimeout(again, RETRY_MS);
    });
    const close = () => {
      clearTimeout(timer);
      source?.close();
      source = null;
    };
    const onVisibility = () => {
      if (document.visibilityState === "hidden") {
        timer = setTimeout(close, HIDDEN_MS);
      } else {
        clearTimeout(timer);
        if (!source || source.readyState === EventSource.CLOSED) open();
      }
    };
    open();
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      close();
    };
  }, [params, login]);
  return state;
}
