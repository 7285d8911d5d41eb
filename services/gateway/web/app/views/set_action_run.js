// Sends one confirmed request, once, and finds out what became of it, whatever happens to the page.

import { api } from "../api.js";
import { useEffect, useRef, useState } from "../lib.js";
import { clearPending, loadPending, makePending, savePending } from "../model/pending.js";

// How often, and how many times, a request is looked for that may still be under way.
const LOOK_PAUSE_MS = 1000;
const MAX_LOOKS = 10;

// Answers that say for sure that the cluster was not called; anything else may have called it.
function wasNotCalled(error) {
  return error.status >= 400 && error.reason !== "" && error.reason !== "OUTCOME_UNKNOWN";
}

function bodyOf(content, pending, token, acceptRepeat) {
  return {
    cluster: content.cluster,
    action: content.action,
    cids: content.cids,
    bearer_token: token,
    request_id: pending.requestId,
    ...(content.batchId && { batch_id: content.batchId }),
    ...(content.timeoutSeconds && { timeout: `${content.timeoutSeconds}s` }),
    ...(content.rerunOf && { rerun_of: content.rerunOf }),
    ...(acceptRepeat && { accept_possible_repeat: true }),
  };
}

/**
 * The one request of this page. `state.phase`: idle, sending (no answer yet), looking (its answer was
 * lost, by a reload or by the network: the ledger is asked for the request), absent (the ledger does
 * not know it), done (with `job`), refused (with `error`: not called), ask (may it run twice?).
 */
export function useRun(user) {
  const [state, setState] = useState({ phase: "idle" });
  const sending = useRef(false);
  // The token of a request that waits for the answer to "may it run twice?", and nothing else.
  const secret = useRef("");
  const timer = useRef(0);

  const finish = (pending, answer) => {
    clearPending(sessionStorage);
    setState({ phase: "done", pending, ...answer });
  };

  async function look(pending, looks = 1) {
    const params = new URLSearchParams({
      request_id: pending.requestId, user_ids: user, page_size: 1,
    });
    let next = { phase: "looking", pending };
    try {
      const job = (await api.jobs(params)).jobs[0];
      if (job && job.status !== "IN_PROGRESS") return finish(pending, { job, found: true });
      if (!job && looks >= MAX_LOOKS) return setState({ phase: "absent", pending });
      next = { ...next, job };
    } catch (error) {
      next = { ...next, error };
    }
    setState(next);
    const known = next.job || next.error;
    timer.current = setTimeout(() => look(pending, known ? 1 : looks + 1), LOOK_PAUSE_MS);
    return undefined;
  }

  async function send(content, pending, token, acceptRepeat) {
    if (sending.current) return;
    sending.current = true;
    setState({ phase: "sending", pending, content });
    try {
      const answer = await api.setAction(bodyOf(content, pending, token, acceptRepeat));
      secret.current = "";
      if (answer.job.status === "IN_PROGRESS") look(pending);
      else finish(pending, { ...answer, content });
    } catch (error) {
      if (error.reason === "LEDGER_UNAVAILABLE" && !acceptRepeat) {
        secret.current = token;
        setState({ phase: "ask", pending, content, error });
      } else if (wasNotCalled(error)) {
        // What an earlier try of the same request did may still come to light.
        if (!pending.again) clearPending(sessionStorage);
        secret.current = "";
        setState({ phase: "refused", error });
      } else {
        secret.current = "";
        look(pending);
      }
    } finally {
      sending.current = false;
    }
  }

  useEffect(() => {
    const pending = loadPending(sessionStorage);
    if (pending?.user === user) look(pending);
    return () => {
      clearTimeout(timer.current);
      secret.current = "";
    };
  }, []);

  return {
    state,
    start(content, token) {
      if (sending.current) return;
      const pending = makePending(
        loadPending(sessionStorage), user, content, content.timeoutLimit, Date.now());
      savePending(sessionStorage, pending);
      send(content, pending, token, false);
    },
    acceptRepeat: () => send(state.content, state.pending, secret.current, true),
    lookAgain: () => look(state.pending),
    /** Back to the form. The request's id is kept while its outcome is not known. */
    back() {
      clearTimeout(timer.current);
      secret.current = "";
      if (state.phase === "ask" && !state.pending.again) clearPending(sessionStorage);
      setState({ phase: "idle" });
    },
  };
}
