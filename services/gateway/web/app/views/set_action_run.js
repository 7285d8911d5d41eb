// Sends one confirmed request, once, and finds out what became of it, whatever happens to the page.

import { api } from "../api.js";
import { useEffect, useRef, useState } from "../lib.js";
import { clearPending, loadPending, makePending, savePending, wasNotCalled } from "../model/pending.js";

/** A token that nobody uses does not stay in the page. */
export const TOKEN_IDLE_MS = 5 * 60_000;

// A request that may still be under way is looked for at once, then less and less often.
const LOOK_PAUSE_MS = 1000;
const MAX_LOOK_PAUSE_MS = 5000;

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

/** The ledger's `{job}` of a request, `{}` if it has none, or the `{error}` of asking. `background`: by itself. */
async function askLedger({ requestId, user }, background) {
  try {
    const params = new URLSearchParams({ request_id: requestId, user_ids: user, page_size: 1 });
    const [job] = (await api.jobs(params, undefined, background)).jobs;
    return job ? { job } : {};
  } catch (error) {
    return { error };
  }
}

/** Looks for a request until it has ended, or can't begin any more; a look can be left at any time. */
function useLook(setState, onEnd) {
  const timer = useRef(0);
  // The answer to any look but the latest changes nothing.
  const latest = useRef(0);
  const here = useRef(true);

  const stop = () => {
    clearTimeout(timer.current);
    latest.current += 1;
  };
  async function look(pending, looks = 1) {
    stop();
    const mine = latest.current;
    setState((old) => (old.phase === "looking" ? old : { phase: "looking", pending }));
    const seen = await askLedger(pending, looks > 1);
    if (mine !== latest.current || !here.current) return;
    if (seen.job && seen.job.status !== "IN_PROGRESS") return onEnd(pending, seen.job);
    if (!seen.job && !seen.error && Date.now() > pending.lastStart) {
      return setState({ phase: "absent", pending });
    }
    setState((old) => ({ ...old, looks, error: null, ...seen }));
    const pause = seen.job ? LOOK_PAUSE_MS : Math.min(looks * LOOK_PAUSE_MS, MAX_LOOK_PAUSE_MS);
    timer.current = setTimeout(() => look(pending, looks + 1), pause);
    return undefined;
  }
  useEffect(() => () => {
    here.current = false;
    stop();
  }, []);
  return { look, stop };
}

/** Holds the token of a request that waits for the answer to "may it run twice?", for as long as its field would. */
function useHeldToken(onExpired) {
  const held = useRef(null);
  const expired = useRef();
  expired.current = onExpired;
  const take = () => {
    const { token = "", timer } = held.current ?? {};
    clearTimeout(timer);
    held.current = null;
    return token;
  };
  const expire = () => take() !== "" && expired.current();
  useEffect(() => {
    window.addEventListener("pagehide", expire);
    return () => {
      window.removeEventListener("pagehide", expire);
      expire();
    };
  }, []);
  return {
    take,
    hold: (token) => {
      held.current = { token, timer: setTimeout(expire, TOKEN_IDLE_MS) };
    },
  };
}

/** Keeps the id of a request whose outcome is not known, without looking for it unasked. */
const leave = (pending) => savePending(sessionStorage, { ...pending, left: true });

// This try did not reach the cluster; an earlier one of the same request may have.
function notSent(pending) {
  if (pending.again) leave(pending);
  else clearPending(sessionStorage, pending);
}

/**
 * The one request of this page. `state.phase`: idle (`expired` if a token was cleared), sending (no answer yet),
 * looking (no answer told its outcome, so the ledger is asked: `looks` times so far, with `job` or `error`),
 * absent (the ledger does not know it, and it can't begin any more), done (with `job`),
 * refused (with `error`: not called), ask (may it run twice?).
 */
export function useRun(user) {
  const [state, setState] = useState({ phase: "idle" });
  const sending = useRef(false);

  const finish = (pending, answer) => {
    clearPending(sessionStorage, pending);
    setState({ phase: "done", pending, ...answer });
  };
  const { look, stop } = useLook(setState, (pending, job) => finish(pending, { job, found: true }));
  const secret = useHeldToken(() => {
    notSent(state.pending);
    setState({ phase: "idle", expired: true });
  });

  async function send(content, pending, token, acceptRepeat) {
    if (sending.current) return;
    sending.current = true;
    setState({ phase: "sending", pending, content });
    try {
      const answer = await api.setAction(bodyOf(content, pending, token, acceptRepeat));
      if (answer.job.status === "IN_PROGRESS") look(pending);
      else finish(pending, { ...answer, content });
    } catch (error) {
      if (error.reason === "LEDGER_UNAVAILABLE" && !acceptRepeat) {
        secret.hold(token);
        setState({ phase: "ask", pending, content, error });
      } else if (wasNotCalled(error)) {
        notSent(pending);
        setState({ phase: "refused", pending, error });
      } else {
        look(pending);
      }
    } finally {
      sending.current = false;
    }
  }

  const mine = () => loadPending(sessionStorage).filter((one) => one.user === user);
  useEffect(() => {
    const pending = mine().filter((one) => !one.left).at(-1);
    if (pending) look(pending);
  }, []);

  return {
    state,
    /** Requests that were left without knowing their outcome, the latest first. */
    left: () => mine().filter((one) => one.left).reverse(),
    start(content, token) {
      if (sending.current) return;
      const pending = makePending(loadPending(sessionStorage), user, content, Date.now());
      savePending(sessionStorage, pending);
      send(content, pending, token, false);
    },
    acceptRepeat: () => send(state.content, state.pending, secret.take(), true),
    look,
    /** Back to the form. The request's id is kept while its outcome is not known. */
    back() {
      stop();
      secret.take();
      if (state.phase === "ask") notSent(state.pending);
      if (["looking", "absent"].includes(state.phase)) leave(state.pending);
      setState({ phase: "idle" });
    },
  };
}
