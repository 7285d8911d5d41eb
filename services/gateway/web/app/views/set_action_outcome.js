// While the cluster thinks, and what it said.

import { api } from "../api.js";
import { html, useEffect, useState } from "../lib.js";
import { others, refusedCids } from "../model/cids.js";
import { count, formatNumber, formatSeconds, prettyJson } from "../model/format.js";
import { EffectLine, StatusBadge } from "../parts/badge.js";
import { CopyButton } from "../parts/copy.js";
import { Icon } from "../parts/icons.js";
import { jobLink } from "../router.js";
import { useNow } from "../store.js";
import { allCustomers } from "./job_customers.js";

const SHOWN_REFUSED = 50;

function What({ pending }) {
  return html`<p class="what"><b>${pending.action}</b> on <b>${pending.cluster}</b> for
    <b>${` ${count(pending.count, "customer")}`}</b></p>`;
}

/** Elapsed against the timeout; nobody has to stay for it. */
export function Progress({ pending, job, error }) {
  const now = useNow(0.25);
  const begun = job ? Date.parse(job.created_at) : pending.startedAt;
  const elapsed = Math.max(0, (now - begun) / 1000);
  const limit = pending.timeoutSeconds;
  const text = elapsed <= limit
    ? `${formatSeconds(Math.floor(elapsed))} of at most ${formatSeconds(limit)}`
    : "The time is over; the outcome is being recorded.";
  return html`<div class="card running-card" role="status">
    <h2>Waiting for the cluster</h2><${What} pending=${pending} />
    <progress max=${limit} value=${Math.min(elapsed, limit)} aria-label="Time used"></progress>
    <p class="progress-text" aria-hidden="true">${text}</p>
    ${error && html`<p class="form-error">The ledger can't be asked just now. Trying again…</p>`}
    <p class="quiet">You may leave or reload this page: the action goes on, is recorded, and is not sent again.
      ${job ? html` <a href=${jobLink(job.job_id)}>Open its job</a>`
        : html` <a href=${`/jobs?request_id=${pending.requestId}`}>Find its job</a>`}</p></div>`;
}

export function Looking({ pending, error }) {
  return html`<div class="card running-card" role="status"><h2>Looking for your request</h2>
    <${What} pending=${pending} />
    <p>${error ? "The ledger can't be asked just now. Trying again…"
      : "Its answer did not arrive here, so the ledger is asked what became of it. Nothing is sent again."}</p>
    </div>`;
}

export function Absent({ pending, onLook, onBack }) {
  return html`<div class="card running-card"><h2>The ledger does not know this request</h2>
    <${What} pending=${pending} />
    <p>Most likely it never arrived, and the cluster was not called. If the ledger was away in the
      meantime, the job may still come from the service's spool.</p>
    <p class="quiet">If you fill in the form again with the same content, it is the same request to the
      ledger: it can't run twice.</p>
    <div class="buttons"><button type="button" class="button primary" onClick=${onLook}>Look again</button>
      <button type="button" class="button" onClick=${onBack}>Back to the form</button></div></div>`;
}

// The cluster's own message, as long as it is kept.
function messageIn(text, fallback) {
  try {
    const message = JSON.parse(text).message;
    return typeof message === "string" ? message : fallback;
  } catch {
    return text || fallback;
  }
}

// What was answered, and what was sent; read from the ledger where this page does not know it.
function useDetails({ job, content }) {
  const [details, setDetails] = useState({ answer: "", cids: content?.cids ?? null });
  useEffect(() => {
    const rejected = job.failure_reason === "REJECTED";
    api.job(job.job_id).then((full) => setDetails((old) => ({
      ...old, answer: full.response_summary ?? "",
    })), () => {});
    if (rejected && !details.cids) {
      allCustomers(job.job_id).then((cids) => setDetails((old) => ({ ...old, cids })), () => {});
    }
  }, []);
  return details;
}

function Refused({ job, refused, cids, onRetry }) {
  const rest = others(cids, refused);
  return html`<div class="refused"><h3>${count(refused.length, "customer")}${
      ` refused, of ${formatNumber(cids.length)}`}</h3>
    <ul class="cid-list">${refused.slice(0, SHOWN_REFUSED).map((cid) => html`<li key=${cid}>${cid}</li>`)}</ul>
    ${refused.length > SHOWN_REFUSED && html`
      <p class="quiet">and ${formatNumber(refused.length - SHOWN_REFUSED)} more</p>`}
    <div class="buttons">
      ${rest.length > 0 && html`<button type="button" class="button primary" onClick=${() =>
        onRetry({ cluster: job.cluster, action: job.action_name, text: rest.join("\n"),
          rerunOf: job.job_id, effect: job.effect })}>
        <${Icon} name="repeat" />Retry the others (${formatNumber(rest.length)})</button>`}
      <${CopyButton} text=${refused.join("\n")} what="refused ids" label="Copy the refused" /></div></div>`;
}

export function Outcome({ result, onRetry, onAgain }) {
  const { job, deduplicated, recorded_in: recordedIn, found } = result;
  const { answer, cids } = useDetails(result);
  const refused = job.failure_reason === "REJECTED" && cids
    ? refusedCids(messageIn(answer, job.error_message ?? ""), cids) : [];
  return html`<div class=${`card result ${job.effect === "UNKNOWN" ? "to-check" : ""}`} role="status">
    <div class="result-head"><${StatusBadge} job=${job} />
      <span>${job.action_name} on ${job.cluster}, ${count(job.customer_count, "customer")}</span></div>
    <${EffectLine} job=${job} />
    ${job.error_message && html`<p class="message break">${job.error_message}</p>`}
    <p class="result-id">Job <a class="mono break" href=${jobLink(job.job_id)}>${job.job_id}</a>
      <${CopyButton} text=${job.job_id} what="job id" /></p>
    ${deduplicated && html`<p class="quiet">This request had been sent before: this is its job. The cluster was
      not called again.</p>`}
    ${found && html`<p class="quiet">Found again in the ledger; nothing was sent a second time.</p>`}
    ${recordedIn === "SPOOL" && html`<p class="effect in-spool"><${Icon} name="warning" /><span>The ledger is away. The job is
      recorded on the action service's disk; it appears in the list when the ledger is back.</span></p>`}
    ${refused.length > 0 && html`<${Refused} job=${job} refused=${refused} cids=${cids} onRetry=${onRetry} />`}
    ${answer && html`<details><summary>The cluster's answer</summary>
      <pre tabindex="0" role="region" aria-label="The cluster's answer">${prettyJson(answer)}</pre></details>`}
    <div class="buttons"><a class="button" href=${jobLink(job.job_id)}>Open the job</a>
      <button type="button" class="button" onClick=${onAgain}>New Set Action</button></div></div>`;
}
