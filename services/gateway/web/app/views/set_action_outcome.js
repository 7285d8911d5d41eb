// While the cluster thinks, and what it said.

import { api } from "../api.js";
import { html, useEffect, useState } from "../lib.js";
import { others, refusalOf } from "../model/cids.js";
import { count, formatNumber, formatRunning, formatSeconds, localTime, prettyJson } from "../model/format.js";
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
export function Progress({ pending, job, error, onBack }) {
  const now = useNow(0.25);
  const begun = job ? Date.parse(job.created_at) : pending.startedAt;
  const elapsed = Math.max(0, (now - begun) / 1000);
  const limit = pending.timeoutSeconds;
  const text = elapsed <= limit
    ? `${formatRunning(elapsed)} of at most ${formatSeconds(limit)}`
    : "The time is over; the outcome is being recorded.";
  return html`<div class="card running-card" role="status">
    <h2>Waiting for the cluster</h2><${What} pending=${pending} />
    <progress max=${limit} value=${Math.min(elapsed, limit)} aria-label="Time used"></progress>
    <p class="progress-text" aria-hidden="true">${text}</p>
    ${error && html`<p class="form-error">The ledger can't be asked just now. Trying again…</p>`}
    <p class="quiet">You may leave or reload this page: the action goes on, is recorded, and is not sent again.
      ${job ? html` <a href=${jobLink(job.job_id)}>Open its job</a>`
        : html` <a href=${`/jobs?request_id=${pending.requestId}`}>Find its job</a>`}</p>
    ${onBack && html`<div class="buttons">
      <button type="button" class="button" onClick=${onBack}>Back to the form</button></div>`}</div>`;
}

function LookButtons({ pending, onLook, onBack }) {
  return html`<p class="quiet">Sent at ${localTime(new Date(pending.startedAt))} as${" "}
      <span class="mono break">${pending.requestId}</span>. If you fill in the form again with the same content,
      it is the same request to the ledger: it can't run twice without asking you.</p>
    <div class="buttons">
      <button type="button" class="button primary" onClick=${() => onLook(pending)}>Ask again</button>
      <button type="button" class="button" onClick=${onBack}>Back to the form</button></div>`;
}

/** While no look has found the request; from the first answer on there is a way out. */
export function Looking({ state: { pending, looks, error }, onLook, onBack }) {
  return html`<div class="card running-card" role="status"><h2>Looking for your request</h2>
    <${What} pending=${pending} />
    <p>No answer told what became of it, so the ledger is asked. Nothing is sent again.</p>
    ${error && html`<p class="form-error">The ledger can't be asked just now. ${error.message} Trying again…</p>`}
    ${looks && !error && html`<p>The ledger does not have it yet. It may still be waiting for a free slot at the
      cluster, and run then; it is looked for until ${localTime(new Date(pending.lastStart))}.</p>`}
    ${looks && html`<${LookButtons} pending=${pending} onLook=${onLook} onBack=${onBack} />`}</div>`;
}

export function Absent({ pending, onLook, onBack }) {
  return html`<div class="card running-card"><h2>The ledger does not know this request</h2>
    <${What} pending=${pending} />
    <p>It is too late for it to be still waiting for a free slot. Most likely it never arrived, and the cluster
      was not called. If the ledger was away in the meantime, the job may still come from the service's spool.</p>
    <${LookButtons} pending=${pending} onLook=${onLook} onBack=${onBack} /></div>`;
}

/** Requests that somebody went back to the form from. */
export function Left({ list, onLook }) {
  if (list.length === 0) return null;
  return html`<details class="card left-requests">
    <summary>${count(list.length, "earlier request")} of yours without a known outcome</summary>
    <ul>${list.map((pending) => html`<li key=${pending.requestId}><${What} pending=${pending} />
      <span class="quiet">${localTime(new Date(pending.startedAt))}</span>
      <button type="button" class="button small" onClick=${() => onLook(pending)}>Ask again</button></li>`)}</ul>
  </details>`;
}

export function NotCalled({ pending, error }) {
  return html`<div class="card not-called" role="alert"><${Icon} name="warning" />
    <div><b>Nothing was sent to the cluster.</b>
      <p class="break">${error.message}</p>
      ${pending.again && html`<p>That is about this try. What became of your earlier one is not known here.</p>`}
      ${error.errors.length > 1 && html`<ul>${error.errors.map(({ field, description }) => html`
        <li key=${field} class="break">${field}: ${description}</li>`)}</ul>`}
      ${error.correlationId && html`<p class="quiet">Reference <code>${error.correlationId}</code>
        <${CopyButton} text=${error.correlationId} what="reference" /></p>`}</div></div>`;
}

export function Expired() {
  return html`<div class="card not-called" role="alert"><${Icon} name="clock" />
    <div><b>Nothing was sent to the cluster.</b>
      <p>The question whether a possible repeat is acceptable stayed open for too long, so the token was cleared.
        Give it again to be asked again.</p></div></div>`;
}

// The job with the cluster's answer, and what was sent; read from the ledger where this page does not know it.
function useDetails({ job, content }) {
  const [full, setFull] = useState(null);
  const [cids, setCids] = useState(content?.cids ?? null);
  useEffect(() => {
    // Without the answer there is still the job's own message.
    api.job(job.job_id).then(setFull, () => setFull(job));
    if (job.failure_reason === "REJECTED" && !cids) allCustomers(job.job_id).then(setCids, () => {});
  }, []);
  return { full, cids };
}

function Refused({ job, refusal: { refused, cut }, cids, onRetry }) {
  const rest = others(cids, refused);
  const retry = () => onRetry({
    cluster: job.cluster, action: job.action_name, cids: rest, rerunOf: job.job_id, effect: job.effect, cut,
  });
  return html`<div class="refused"><h2>${count(refused.length, "customer")}${
      ` refused, of ${formatNumber(cids.length)}`}</h2>
    ${cut && html`<p class="effect effect-unknown"><${Icon} name="warning" /><span>The answer was cut: only the first
      ${` ${count(refused.length, "refused id")}`} are known. There may be more among the others.</span></p>`}
    <ul class="cid-list" tabindex="0" aria-label="Refused customers">${refused.slice(0, SHOWN_REFUSED).map((cid) => html`
      <li key=${cid}>${cid}</li>`)}</ul>
    ${refused.length > SHOWN_REFUSED && html`
      <p class="quiet">and ${formatNumber(refused.length - SHOWN_REFUSED)} more</p>`}
    <div class="buttons">
      ${rest.length > 0 && html`<button type="button" class=${`button ${cut ? "" : "primary"}`} onClick=${retry}>
        <${Icon} name="repeat" />${cut ? "Retry those not known to be refused" : "Retry the others"}${
          ` (${formatNumber(rest.length)})`}</button>`}
      <${CopyButton} text=${refused.join("\n")} what="refused ids" label="Copy the refused" /></div></div>`;
}

export function Outcome({ result, onRetry, onAgain }) {
  const { job, deduplicated, recorded_in: recordedIn, found } = result;
  const { full, cids } = useDetails(result);
  const answer = full?.response_summary;
  const refusal = job.failure_reason === "REJECTED" && full && cids && refusalOf(full, cids);
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
    ${refusal && refusal.refused.length > 0 && html`<${Refused} job=${job} refusal=${refusal} cids=${cids}
      onRetry=${onRetry} />`}
    ${answer && html`<details><summary>The cluster's answer${full.response_summary_cut ? ", cut" : ""}</summary>
      <pre tabindex="0" role="region" aria-label="The cluster's answer">${prettyJson(answer)}</pre></details>`}
    <div class="buttons"><a class="button" href=${jobLink(job.job_id)}>Open the job</a>
      <button type="button" class="button" onClick=${onAgain}>New Set Action</button></div></div>`;
}
