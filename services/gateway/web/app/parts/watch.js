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
    let last = "";
    let retry = 0;
    let hiding = 0;
    // Grows with each stream and each end, so that an answer that comes late opens no second one.
    let turn = 0;
    const close = () => {
      turn += 1;
      clearTimeout(retry);
      source?.close();
      source = null;
    };
    const open = () => {
      close();
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
      // The browser would come back by itself with the same address, and the place in it that the ledger does not know.
      source.addEventListener("reset", () => {
        last = "";
        handlers.current.onGap();
        open();
      });
      // Asks who is here: the answer shows the login.
      source.addEventListener("session_ended", () => api.me(true).catch(() => {}));
      source.onerror = () => {
        setState("away");
        // Otherwise the browser goes on by itself, with the last id.
        if (source.readyState === EventSource.CLOSED) retry = setTimeout(again, RETRY_MS);
      };
    };
    // Refused: nobody is logged in (after a login this effect begins anew), or not possible now.
    const again = () => {
      const mine = turn;
      api.me(true).then(() => mine === turn && open(), (error) => {
        if (mine === turn && error.status !== 401) retry = setTimeout(again, RETRY_MS);
      });
    };
    // A tab that is opened in the background waits until somebody looks at it.
    const onVisibility = () => {
      clearTimeout(hiding);
      if (document.visibilityState === "hidden") hiding = setTimeout(close, HIDDEN_MS);
      else if (!source || source.readyState === EventSource.CLOSED) open();
    };
    onVisibility();
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      clearTimeout(hiding);
      close();
    };
  }, [params, login]);
  return state;
}
