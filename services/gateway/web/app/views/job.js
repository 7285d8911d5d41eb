// Everything about one job.

import { api } from "../api.js";
import { html, useCallback, useEffect, useRef, useState } from "../lib.js";
import { isOurJobId, whyNoRerun, whyNoSettle } from "../model/outcome.js";
import { EffectLine, StatusBadge } from "../parts/badge.js";
import { CopyButton } from "../parts/copy.js";
import { useLoad, useTitle } from "../parts/hooks.js";
import { Icon } from "../parts/icons.js";
import { Empty, Failed, FailedLine, LoadingRows } from "../parts/states.js";
import { useSession } from "../session.js";
import { useNow } from "../store.js";
import { JobCustomers } from "./job_customers.js";
import { JobFacts } from "./job_facts.js";
import { JobPayloads } from "./job_payloads.js";
import { SettleDialog } from "./job_settle.js";
import { JobTimeline } from "./job_timeline.js";

const RUNNING_POLL_MS = 1000;
const ABSENT_POLL_MS = 2000;

// A button that says why it can't be pressed; it stays reachable, so that the reason can be read.
function Action({ why, icon, label, href, onClick, primary }) {
  const name = `button ${primary ? "primary" : ""}`;
  if (why !== "") {
    return html`<button type="button" class=${name} aria-disabled="true" data-tip=${why}>
      <${Icon} name=${icon} />${label}</button>`;
  }
  if (href) return html`<a class=${name} href=${href}><${Icon} name=${icon} />${label}</a>`;
  return html`<button type="button" class=${name} onClick=${onClick}>
    <${Icon} name=${icon} />${label}</button>`;
}

function Actions({ job, onSettled }) {
  const { rights } = useSession();
  const now = useNow(1);
  const [settling, setSettling] = useState(false);
  return html`<div class="actions">
    <${Action} label="Run again" icon="repeat" why=${whyNoRerun(job, rights)}
      href=${`/set-action?rerun_of=${encodeURIComponent(job.job_id)}`} />
    ${rights.settle && html`<${Action} label="Settle…" icon="check" why=${whyNoSettle(job, rights, now)}
      onClick=${() => setSettling(true)} />`}
    ${settling && html`<${SettleDialog} job=${job} onClose=${() => setSettling(false)}
      onSettled=${(changed) => {
        setSettling(false);
        onSettled(changed);
      }} />`}
  </div>`;
}

function Why({ job }) {
  const { rights } = useSession();
  const now = useNow(1);
  const reasons = [["Run again", whyNoRerun(job, rights)]];
  if (rights.settle) reasons.push(["Settle", whyNoSettle(job, rights, now)]);
  const closed = reasons.filter(([, why]) => why !== "");
  if (closed.length === 0) return null;
  return html`<ul class="why">${closed.map(([label, why]) => html`
    <li key=${label}><b>${label}</b> is not possible: ${why}</li>`)}</ul>`;
}

function Head({ job, onSettled }) {
  return html`<div class="job-head">
      <div class="job-title"><h1>${job.action_name || "Action not recorded"}</h1>
        <${StatusBadge} job=${job} /></div>
      <${Actions} job=${job} onSettled=${onSettled} /></div>
    <p class="job-id"><code>${job.job_id}</code><${CopyButton} text=${job.job_id} what="job id" /></p>
    <div class=${`card outcome ${job.effect === "UNKNOWN" ? "to-check" : ""}`}>
      <${EffectLine} job=${job} />
      ${job.error_message && html`<p class="message">${job.error_message}</p>`}
      ${job.conflict && html`<p class="effect effect-unknown"><${Icon} name="warning" />
        <span>The service's own report contradicted what a person had settled; the report stands.</span></p>`}
      <${Why} job=${job} /></div>`;
}

// Why there is no job to show, and whether that may change by itself. A job that was run while the ledger was away is
// on the action service's disk until it is back.
function Absent({ id, error, reload }) {
  if (error.status !== 404) return html`<${Failed} error=${error} onRetry=${reload} />`;
  const mayCome = isOurJobId(id);
  return html`<${Empty} title=${mayCome ? "Not in the ledger" : "No such job"}>
    <p>There is no job with this id that you may see.</p>
    ${mayCome && html`<p role="status">If it was run while the ledger was away, it is on the action service's disk and has
      not reached the ledger yet. This page looks again by itself.</p>`}
    <a class="button" href="/jobs">All jobs</a></${Empty}>`;
}

// The job, looked at again while it runs, or while it may still come.
function useJob(id) {
  const { data: job, error, loading, reload } = useLoad(id, (signal, background) =>
    api.job(id, signal, background));
  // Stays while the next look is under way, so that the page does not flicker.
  const last = useRef({});
  if (last.current.id !== id || job) last.current = { id };
  if (error) last.current.error = error;
  const shown = last.current.error ?? null;
  const mayCome = !job && shown && (shown.status === 404 ? isOurJobId(id) : [0, 503].includes(shown.status));
  const pause = mayCome ? ABSENT_POLL_MS : job?.status === "IN_PROGRESS" ? RUNNING_POLL_MS : 0;
  useEffect(() => {
    if (pause === 0 || loading) return undefined;
    const timer = setTimeout(() => reload(true), pause);
    return () => clearTimeout(timer);
  }, [pause, loading]);
  return { job, error: job ? error : shown, reload };
}

export function Job({ id }) {
  const { job, error, reload } = useJob(id);
  const [settled, setSettled] = useState(null);
  useTitle(job ? `${job.action_name} ${job.status}` : "Job");
  const onSettled = useCallback((changed) => {
    setSettled(changed.etag);
    reload();
  }, []);

  const back = html`<p class="back"><a href="/jobs">User Jobs Audit</a></p>`;
  if (!job) {
    return html`<div class="page">${back}<h1>Job</h1><p class="job-id"><code>${id}</code></p>${error
      ? html`<${Absent} id=${id} error=${error} reload=${reload} />`
      : html`<div class="card"><${LoadingRows} rows=${10} what="the job" /></div>`}</div>`;
  }
  const version = `${id} ${job.etag} ${settled}`;
  return html`<div class="page job">${back}
    ${error && html`<${FailedLine} error=${error} onRetry=${reload} />`}
    <${Head} job=${job} onSettled=${onSettled} />
    <div class="job-columns">
      <${JobFacts} job=${job} />
      <div class="job-main">
        <${JobTimeline} job=${job} version=${version} />
        <${JobPayloads} job=${job} />
        <${JobCustomers} id=${id} total=${job.customer_count} />
      </div></div></div>`;
}
