// The table of jobs: one row each, to be read with the eyes, the pointer or the keyboard.

import { html, useLayoutEffect, useRef } from "../lib.js";
import { failureText, reasonText } from "../model/outcome.js";
import { formatNumber, shortId } from "../model/format.js";
import { StatusBadge } from "../parts/badge.js";
import { CopyButton } from "../parts/copy.js";
import { Icon } from "../parts/icons.js";
import { Time, Took } from "../parts/time.js";
import { jobLink, navigate } from "../router.js";
import { isForField } from "./help.js";

function Row({ job, selected, left, onSelect }) {
  const open = (event) => {
    if (event.target.closest("a, button, input, label") || getSelection().toString()) return;
    navigate(jobLink(job.job_id));
  };
  const failed = job.status === "FAILED";
  const name = `${selected ? "selected" : ""} ${left ? "left" : ""}`;
  return html`<tr class=${name} onClick=${open} data-job=${job.job_id}>
    <td class="select"><label><input type="checkbox" checked=${selected}
      aria-label=${`Select job ${job.job_id}`} onChange=${() => onSelect(job.job_id)} /></label></td>
    <td class="id"><a href=${jobLink(job.job_id)} class=${failed ? "job-link failed" : "job-link"}
        data-tip=${failureText(job) || job.job_id}>${shortId(job.job_id)}</a>
      <${CopyButton} text=${job.job_id} what="job id" /></td>
    <td class="action">${job.action_name || html`<span class="quiet">not recorded</span>`}</td>
    <td class="cluster">${job.cluster || html`<span class="quiet">${job.cluster_url || "–"}</span>`}</td>
    <td class="number customers" data-label="Customers">${formatNumber(job.customer_count)}</td>
    <td class="status"><${StatusBadge} job=${job} />
      ${left && html`<span class="quiet left-note">no longer in this list</span>`}</td>
    <td class="number http" data-label="HTTP">${job.http_status ?? html`<span class="quiet">–</span>`}</td>
    <td class="reason">${failed ? reasonText(job.failure_reason) : ""}</td>
    <td class="number took" data-label="Took"><${Took} job=${job} /></td>
    <td class="user">${job.user_id}</td>
    <td class="time"><${Time} at=${job.created_at} /></td>
  </tr>`;
}

function TimeHeader({ oldest, onOrder }) {
  return html`<th scope="col" class="time" aria-sort=${oldest ? "ascending" : "descending"}>
    <button type="button" class="sort" onClick=${() => onOrder(oldest ? "" : "oldest")}
      data-tip=${oldest ? "Oldest first. Press for newest first" : "Newest first. Press for oldest first"}>
      Time <${Icon} name=${oldest ? "up" : "down"} /></button></th>`;
}

// j, k, x on the rows; Enter opens by itself, since the link has the focus.
function useRowKeys(table, onSelect) {
  useLayoutEffect(() => {
    const onKey = (event) => {
      if (isForField(event) && event.target.type !== "checkbox") return;
      const links = [...table.current.querySelectorAll("a.job-link")];
      const row = document.activeElement.closest?.("tr[data-job]");
      const at = row ? links.findIndex((link) => row.contains(link)) : -1;
      if (event.key === "j") links[Math.min(at + 1, links.length - 1)]?.focus();
      else if (event.key === "k") links[Math.max(at - 1, 0)]?.focus();
      else if (event.key === "x" && row) onSelect(row.dataset.job);
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [onSelect]);
}

export function JobsTable({ rows, left, selection, onSelect, onSelectAll, oldest, onOrder, stale }) {
  const table = useRef();
  useRowKeys(table, onSelect);
  const all = rows.length > 0 && rows.every((job) => selection.has(job.job_id));
  return html`<table ref=${table} class=${stale ? "jobs stale" : "jobs"} aria-busy=${stale}>
    <caption class="hidden">Jobs, ${oldest ? "oldest" : "newest"} first</caption>
    <thead><tr>
      <th scope="col" class="select"><label><input type="checkbox" checked=${all}
        aria-label="Select all jobs shown" onChange=${() => onSelectAll(!all)} /></label></th>
      <th scope="col">Job ID</th>
      <th scope="col">Action</th>
      <th scope="col">Cluster</th>
      <th scope="col" class="number">Customers</th>
      <th scope="col">Status</th>
      <th scope="col" class="number">HTTP</th>
      <th scope="col">Reason</th>
      <th scope="col" class="number">Duration</th>
      <th scope="col">User</th>
      <${TimeHeader} oldest=${oldest} onOrder=${onOrder} />
    </tr></thead>
    <tbody>${rows.map((job) => html`<${Row} key=${job.job_id} job=${job} onSelect=${onSelect}
      selected=${selection.has(job.job_id)} left=${left.has(job.job_id)} />`)}</tbody>
  </table>`;
}
