// User Jobs Audit: what was done, by whom, and how it went.

import { api } from "../api.js";
import { html, useCallback, useEffect, useMemo, useRef, useState } from "../lib.js";
import { countConditions, fromQuery, NO_FILTERS, stateOf, toQuery } from "../model/filters.js";
import { count, formatNumber } from "../model/format.js";
import { newsOf } from "../model/live.js";
import { useTitle } from "../parts/hooks.js";
import { Icon } from "../parts/icons.js";
import { Empty, Failed, FailedLine, LoadingRows } from "../parts/states.js";
import { address, jobLink, navigate } from "../router.js";
import { useSession } from "../session.js";
import { useStore } from "../store.js";
import { useKey } from "./help.js";
import { ListEnd, NoneSoFar } from "./jobs_end.js";
import { FilterChips, FilterPanel, StateTabs, useCatalogues } from "./jobs_filters.js";
import { useCounts, useJobList, usePaced } from "./jobs_list.js";
import { ExportButtons, SelectionBar } from "./jobs_selection.js";
import { JobsTable } from "./jobs_table.js";
import { SavedViews } from "./jobs_views.js";

// A window full. The others are drawn right after, so that data is on the screen sooner.
const FIRST_ROWS = 20;

// A job id goes to its job; anything else is taken as a customer.
function Search({ onCustomer }) {
  const field = useRef();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  useKey("/", () => field.current.focus());
  const search = async (event) => {
    event.preventDefault();
    const text = field.current.value.trim();
    if (text === "" || busy) return;
    setBusy(true);
    setError(null);
    try {
      const job = await api.jobBasic(text);
      navigate(jobLink(job.job_id));
    } catch (problem) {
      // What is no job's id may be a customer's.
      if (problem.status === 404 || problem.status === 400) {
        onCustomer(text);
        field.current.value = "";
      } else {
        setError(problem);
      }
    } finally {
      if (field.current) setBusy(false);
    }
  };
  return html`<form class="search" role="search" onSubmit=${search}>
    <${Icon} name="search" />
    <input ref=${field} type="search" aria-label="Search by job id or customer id" maxlength="128"
      placeholder="Job id or customer id" spellcheck=${false} autocapitalize="none" />
    <kbd aria-hidden="true">/</kbd>
    ${error && html`<p class="search-error" role="alert">${error.reason === "NOT_YOUR_JOB"
      ? "That job is another user's." : error.message}</p>`}</form>`;
}

function LiveMark({ state }) {
  const texts = {
    connecting: ["Connecting", "Waiting for the stream of changes."],
    live: ["Live", "Changes of the jobs below show at once; new jobs wait until you ask for them."],
    away: ["Reconnecting", "The stream of changes broke off; what is shown may be out of date."],
  };
  const [text, tip] = texts[state];
  return html`<span class=${`live ${state}`} tabindex="0" data-tip=${tip}><span class="dot" aria-hidden="true"></span>
    ${text}</span>`;
}

function ListHead({ jobs, counts, state, onShow }) {
  const { list, live, loading, error, reload } = jobs;
  useKey("n", onShow);
  const total = counts && state !== "" ? counts[state] : null;
  const shown = `${list.nextToken === "" ? "" : "First "}${count(list.rows.length, "job")}`;
  return html`<div class="list-head">
    <span class="quiet">${list.rows.length === 0 && (loading || error || list.nextToken !== "") ? "" : shown}
      ${total !== null && list.rows.length > 0 && list.nextToken !== "" ? ` of ${formatNumber(total)}` : ""}</span>
    <span class="new-slot" aria-live="polite">${newsOf(list) !== "" && html`
      <button type="button" class="new-jobs" onClick=${onShow}>${newsOf(list)}</button>`}</span>
    <${LiveMark} state=${live} />
    <button type="button" class="icon-button" aria-label="Load the list anew" data-tip="Load the list anew"
      onClick=${reload}><${Icon} name="refresh" /></button></div>`;
}

function NoJobs({ filters, onClear, mayRun }) {
  if (countConditions(filters) > 0 || filters.statuses.length + filters.effects.length > 0) {
    return html`<${Empty} title="No job matches">
      <p>Nothing among your jobs has all of these properties.</p>
      <button type="button" class="button" onClick=${onClear}>Clear the filters</button></${Empty}>`;
  }
  return html`<${Empty} icon="file" title="No jobs yet">
    <p>Every Set Action makes one job here, before the cluster is called.</p>
    ${mayRun && html`<a class="button primary" href="/set-action">Run a Set Action</a>`}</${Empty}>`;
}

function Body({ jobs, filters, selection, setSelection, change, mayRun }) {
  const { list, loading, error, reload } = jobs;
  const select = useCallback((id) => setSelection((old) => {
    const next = new Set(old);
    if (!next.delete(id)) next.add(id);
    return next;
  }), []);
  const selectAll = (on) => setSelection(new Set(on ? list.rows.map((job) => job.job_id) : []));
  // Who comes back to a list finds it as it was, whole and scrolled to the same place.
  const [whole, setWhole] = useState(list.rows.length > 0);
  useEffect(() => {
    if (list.rows.length > 0) setWhole(true);
  }, [list]);
  // The same rows are not drawn again because a number above them has changed.
  const table = useMemo(() => html`<${JobsTable} rows=${whole ? list.rows : list.rows.slice(0, FIRST_ROWS)}
    left=${list.left} stale=${loading} selection=${selection} onSelect=${select} onSelectAll=${selectAll}
    oldest=${filters.order === "oldest"} onOrder=${(order) => change({ order })} />`,
  [list.rows, list.left, whole, loading, selection, toQuery(filters)]);
  if (list.rows.length === 0) {
    if (error) return html`<${Failed} error=${error} onRetry=${reload} />`;
    if (loading) return html`<${LoadingRows} rows=${12} what="jobs" />`;
    if (list.nextToken !== "") return html`<${NoneSoFar} jobs=${jobs} />`;
    return html`<${NoJobs} filters=${filters} mayRun=${mayRun} onClear=${() => change(NO_FILTERS)} />`;
  }
  return html`${error && html`<${FailedLine} error=${error} onRetry=${reload} />`}
    ${table}
    ${whole && html`<${ListEnd} jobs=${jobs} />`}`;
}

export function Jobs() {
  useTitle("User Jobs Audit");
  const { rights } = useSession();
  const filters = fromQuery(useStore(address).query);
  const jobs = useJobList(filters);
  const counts = useCounts(filters, usePaced(jobs.changes) + jobs.turn);
  const [open, setOpen] = useState(false);
  const [selection, setSelection] = useState(new Set());
  const conditions = countConditions(filters);
  const catalogues = useCatalogues(open || conditions > 0);
  const change = (changes) => {
    const query = toQuery({ ...filters, ...changes });
    navigate(query ? `/jobs?${query}` : "/jobs");
  };
  const chosen = jobs.list.rows.filter((job) => selection.has(job.job_id));
  return html`<div class="page">
    <div class="page-head"><h1>User Jobs Audit</h1>
      <${ExportButtons} filters=${filters} allowed=${rights.export} /></div>
    <${StateTabs} filters=${filters} counts=${counts} />
    <div class="toolbar">
      <${Search} onCustomer=${(cid) => change({ ...NO_FILTERS, cid })} />
      <button type="button" class="button" aria-expanded=${open} onClick=${() => setOpen(!open)}>
        <${Icon} name="filter" />Filters${conditions > 0 ? ` (${conditions})` : ""}</button>
      <${SavedViews} filters=${filters} />
    </div>
    ${open && html`<${FilterPanel} filters=${filters} catalogues=${catalogues}
      mayReadAll=${rights.readAll} onChange=${change} />`}
    <${FilterChips} filters=${filters} catalogues=${catalogues} onChange=${change} />
    <div class="card list">
      ${chosen.length > 0
        ? html`<${SelectionBar} jobs=${chosen} onClear=${() => setSelection(new Set())} />`
        : html`<${ListHead} jobs=${jobs} counts=${counts} state=${stateOf(filters)} onShow=${() => {
          jobs.show();
          if (!jobs.list.oldest) window.scrollTo(0, 0);
        }} />`}
      <${Body} jobs=${jobs} filters=${filters} selection=${selection} setSelection=${setSelection}
        change=${change} mayRun=${rights.run} />
    </div></div>`;
}
