// What can be done with chosen jobs, and taking away everything that the filters show.

import { api } from "../api.js";
import { html } from "../lib.js";
import { writeCsv } from "../model/csv.js";
import { toListParams } from "../model/filters.js";
import { count } from "../model/format.js";
import { CopyButton } from "../parts/copy.js";
import { Icon } from "../parts/icons.js";

const COLUMNS = [
  "job_id", "created_at", "user_id", "action_name", "cluster", "customer_count", "status",
  "http_status", "failure_reason", "effect", "error_message", "elapsed", "batch_id", "request_id",
];

function saveFile(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

function saveCsv(jobs) {
  const rows = jobs.map((job) => COLUMNS.map((name) => job[name]));
  saveFile("jobs.csv", "text/csv", writeCsv([COLUMNS, ...rows]));
}

export function SelectionBar({ jobs, onClear }) {
  const customers = jobs.reduce((sum, job) => sum + job.customer_count, 0);
  return html`<div class="list-head selection" role="group" aria-label="Selected jobs">
    <b>${count(jobs.length, "job")} selected</b>
    <span class="quiet wide-only">${count(customers, "customer")} in all</span>
    <${CopyButton} text=${jobs.map((job) => job.job_id).join("\n")} what="job ids" label="Copy ids" />
    <button type="button" class="button small" onClick=${() => saveCsv(jobs)}>
      <${Icon} name="download" />CSV</button>
    <button type="button" class="button quiet-button small" onClick=${onClear}>Clear</button></div>`;
}

/** Downloads of the whole filtered list, however long; the gateway streams it. */
export function ExportButtons({ filters, allowed }) {
  if (!allowed) {
    return html`<button type="button" class="button" aria-disabled="true"
      data-tip="Exports need the role auditor. Chosen rows can be saved by anyone.">
      <${Icon} name="download" />Export</button>`;
  }
  const url = (format) => {
    const params = toListParams(filters, Date.now());
    params.set("format", format);
    return api.exportUrl(params);
  };
  return html`<div class="button-pair" role="group" aria-label="Export what is filtered">
    <a class="button" href=${url("csv")} download><${Icon} name="download" />Export CSV</a>
    <a class="button" href=${url("jsonl")} download>JSONL</a></div>`;
}
