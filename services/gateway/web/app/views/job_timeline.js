// What happened to a job, in order: who said what, when, and how long after the step before.

import { api } from "../api.js";
import { html } from "../lib.js";
import { formatSeconds, localTime } from "../model/format.js";
import { effectText, reasonText } from "../model/outcome.js";
import { useLoad } from "../parts/hooks.js";
import { FailedLine, LoadingRows } from "../parts/states.js";

const PAGE_SIZE = 200;

const KINDS = {
  STARTED: ["Started", "The start was made durable; then the cluster may be called."],
  FINISHED: ["Finished", "The service that made the call reported its outcome."],
  PRESUMED: ["Presumed", "Nobody reported an outcome in time."],
  RESOLVED: ["Settled", "A person said how it ended."],
  MIGRATED: ["Migrated", "Taken over from the replaced system."],
};

const VERDICTS = {
  REJECTED: "recorded, but it changed nothing",
  DUPLICATE_OF: "the same request again: nothing was sent",
  CONFLICT: "the same request id with other content: refused",
};

function outcomeText(event) {
  const parts = [event.status];
  if (event.http_status !== undefined) parts.push(`HTTP ${event.http_status}`);
  const reason = reasonText(event.failure_reason);
  if (reason) parts.push(reason);
  if (event.effect !== "EFFECT_UNSPECIFIED") parts.push(`effect ${effectText(event.effect).toLowerCase()}`);
  return parts.join(" · ");
}

function Step({ event, before }) {
  const [title, help] = KINDS[event.kind] ?? [event.kind, ""];
  const at = new Date(event.occurred_at);
  const gap = before ? (at - new Date(before.occurred_at)) / 1000 : null;
  const verdict = VERDICTS[event.verdict];
  return html`<li class=${`step ${event.kind.toLowerCase()} ${verdict ? "not-applied" : ""}`}>
    <div class="step-head"><b class="explained" tabindex="0" data-tip=${help}>${title}</b>
      <span class="quiet"> by </span><span class="mono break">${event.actor}</span></div>
    <div class="quiet"><time dateTime=${event.occurred_at}
      data-tip=${`Recorded ${localTime(new Date(event.recorded_at))}`}>${localTime(at)}</time>
      ${gap !== null && gap >= 0 && html`<span class="gap"> · ${formatSeconds(gap)} later</span>`}</div>
    ${event.kind !== "STARTED" && html`<div>${outcomeText(event)}</div>`}
    ${event.error_message && html`<div class="break">${event.error_message}</div>`}
    ${event.detail && html`<div class="break detail">“${event.detail}”</div>`}
    ${verdict && html`<div class="quiet">${verdict}</div>`}</li>`;
}

async function loadEvents(id, signal) {
  const events = [];
  let token = "";
  do {
    const params = new URLSearchParams({ page_size: PAGE_SIZE, page_token: token });
    const page = await api.events(id, params, signal);
    events.push(...page.events);
    token = page.next_page_token;
  } while (token !== "" && events.length < 5 * PAGE_SIZE);
  return events;
}

export function JobTimeline({ job, version }) {
  const { data, error, reload } = useLoad(version, (signal) => loadEvents(job.job_id, signal));
  const running = job.status === "IN_PROGRESS";
  let body;
  if (data) {
    body = html`<ol class="timeline">
      ${data.map((event, i) => html`<${Step} key=${event.number} event=${event} before=${data[i - 1]} />`)}
      ${running && html`<li class="step waiting"><b>Waiting for the cluster</b></li>`}</ol>`;
  } else if (error) {
    body = html`<${FailedLine} error=${error} onRetry=${reload} />`;
  } else {
    body = html`<${LoadingRows} rows=${3} what="the timeline" />`;
  }
  return html`<section class="card" aria-labelledby="timeline-title">
    <h2 id="timeline-title">Timeline</h2>${body}</section>`;
}
