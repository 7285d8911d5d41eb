// The fields of a job, in words.

import { html } from "../lib.js";
import { formatNumber, formatSeconds, parseDuration, shortId } from "../model/format.js";
import { effectText, reasonHelp, reasonText } from "../model/outcome.js";
import { FullTime, Took } from "../parts/time.js";
import { jobLink } from "../router.js";

const SOURCES = {
  TOLD: "the service that made the call",
  PRESUMED: "the ledger, since nobody reported in time",
  RESOLVED: "a person",
};

function Fact({ label, help, children }) {
  return html`<div class="fact"><dt>${help
    ? html`<span class="explained" tabindex="0" data-tip=${help}>${label}</span>` : label}</dt>
    <dd>${children}</dd></div>`;
}

const none = html`<span class="quiet">–</span>`;

function JobLink({ id }) {
  return html`<a href=${jobLink(id)} class="mono" data-tip=${id}>${shortId(id)}</a>`;
}

function Relations({ job }) {
  const reruns = job.reruns ?? [];
  return html`${job.rerun_of && html`<${Fact} label="Repeats"><${JobLink} id=${job.rerun_of} /></${Fact}>`}
    ${reruns.length > 0 && html`<${Fact} label="Repeated by">
      ${reruns.map((id, i) => html`${i > 0 ? ", " : ""}<${JobLink} key=${id} id=${id} />`)}</${Fact}>`}
    ${job.twin_of && html`<${Fact} label="Twin of"
      help="Two jobs were made for one request while the ledger was away. Check both.">
      <${JobLink} id=${job.twin_of} /></${Fact}>`}`;
}

export function JobFacts({ job }) {
  const jobsOf = (name, value) => `/jobs?${new URLSearchParams({ [name]: value })}`;
  return html`<section class="card job-facts" aria-labelledby="facts-title">
    <h2 id="facts-title">Details</h2>
    <dl class="facts">
      <${Fact} label="Cluster">${job.cluster
        ? html`<a href=${jobsOf("clusters", job.cluster)}>${job.cluster}</a>` : none}
        <span class="quiet break"> ${job.cluster_url}</span></${Fact}>
      <${Fact} label="Action code" help="As the cluster knows the action.">${job.action_code ?? none}</${Fact}>
      <${Fact} label="Customers">${formatNumber(job.customer_count)}</${Fact}>
      <${Fact} label="User"><a href=${jobsOf("user_ids", job.user_id)}>${job.user_id}</a>
        ${job.source_ip && html`<span class="quiet"> from ${job.source_ip}</span>`}</${Fact}>
      <${Fact} label="HTTP status" help="As the cluster sent it; none if no complete answer came.">
        ${job.http_status ?? none}</${Fact}>
      ${job.status === "FAILED" && html`<${Fact} label="Reason" help=${reasonHelp(job.failure_reason)}>
        ${reasonText(job.failure_reason) || none}</${Fact}>`}
      <${Fact} label="Effect" help="Whether the cluster acted, as far as anybody knows.">
        ${effectText(job.effect)}</${Fact}>
      ${SOURCES[job.outcome_source] && html`<${Fact} label="Outcome said by">
        ${SOURCES[job.outcome_source]}</${Fact}>`}
      <${Fact} label="Duration" help="Of the call to the cluster, measured by the service that made it.">
        <${Took} job=${job} />${job.timeout && html`<span class="quiet">
          ${" of at most "}${formatSeconds(parseDuration(job.timeout))}</span>`}</${Fact}>
      <${Fact} label="Created"><${FullTime} at=${job.created_at} /></${Fact}>
      <${Fact} label="Finished"><${FullTime} at=${job.finished_at} /></${Fact}>
      ${job.deadline_at && html`<${Fact} label="Deadline"
        help="Without a report of the outcome by then and a little longer, the ledger says that it is unknown.">
        <${FullTime} at=${job.deadline_at} /></${Fact}>`}
      <${Fact} label="Changed"><${FullTime} at=${job.updated_at} /></${Fact}>
      <${Relations} job=${job} />
      ${job.batch_id && html`<${Fact} label="Batch">
        <a href=${jobsOf("batch_id", job.batch_id)}>${job.batch_id}</a></${Fact}>`}
      ${job.request_id && html`<${Fact} label="Request id"
        help="The same request of the same user again gets this job; the cluster is called once.">
        <span class="mono break">${job.request_id}</span></${Fact}>`}
      <${Fact} label="Made by"><span class="mono break">${job.owner || "–"}</span></${Fact}>
    </dl></section>`;
}
