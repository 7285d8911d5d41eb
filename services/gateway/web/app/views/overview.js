// Overview: how the actions went, what failed and why, what is slow, and what has to be checked.

import { api } from "../api.js";
import { html, useEffect } from "../lib.js";
import { formatNumber, formatSeconds } from "../model/format.js";
import { reasonHelp, reasonText } from "../model/outcome.js";
import { columnsOf, reasonsOf, slowest, totalsOf } from "../model/stats.js";
import { useLoad, useTitle } from "../parts/hooks.js";
import { Icon } from "../parts/icons.js";
import { Empty, Failed, FailedLine, LoadingRows } from "../parts/states.js";
import { address } from "../router.js";
import { useSession } from "../session.js";
import { useStore } from "../store.js";
import { OutcomesChart } from "./overview_chart.js";

const REFRESH_MS = 10_000;
const DAY_MS = 86_400_000;
const MAX_CLUSTERS = 8;

// `list`: the list's own name for the same range, where it has one.
const RANGES = {
  "24h": { label: "Last 24 hours", ms: DAY_MS, bucket: "HOUR", list: "24h" },
  "7d": { label: "Last 7 days", ms: 7 * DAY_MS, bucket: "HOUR", list: "7d" },
  "30d": { label: "Last 30 days", ms: 30 * DAY_MS, bucket: "DAY", list: "30d" },
  "90d": { label: "Last 90 days", ms: 90 * DAY_MS, bucket: "DAY" },
  "1y": { label: "Last year", ms: 365 * DAY_MS, bucket: "MONTH" },
};
const DEFAULT_RANGE = "7d";

function statsParams(user, groups, more = {}) {
  const params = new URLSearchParams(more);
  for (const group of groups) params.append("group_by", group);
  if (user) params.append("user_ids", user);
  return params;
}

// Five questions to GetJobStats and nothing else; each is answered from counters.
async function load(range, user, signal, background) {
  const to = Date.now();
  const from = to - range.ms;
  const since = { created_after: new Date(from).toISOString() };
  const ask = (groups, more) => api.stats(statsParams(user, groups, more), signal, background);
  const [times, reasons, clusters, running, unknown] = await Promise.all([
    ask(["TIME", "STATUS", "EFFECT"], { ...since, bucket: range.bucket }),
    ask(["FAILURE_REASON"], { ...since, statuses: "FAILED" }),
    ask(["CLUSTER"], since),
    ask([], { statuses: "IN_PROGRESS" }),
    ask([], { effects: "UNKNOWN" }),
  ]);
  const columns = columnsOf(times.rows, times.bucket, from, to);
  return {
    since: since.created_after,
    columns,
    bucket: times.bucket,
    totals: totalsOf(columns),
    reasons: reasonsOf(reasons.rows),
    clusters: slowest(clusters).slice(0, MAX_CLUSTERS),
    running: Number(running.rows[0]?.job_count ?? 0),
    unknown: Number(unknown.rows[0]?.job_count ?? 0),
  };
}

function Tile({ label, value, note, href, kind = "" }) {
  return html`<a class=${`card tile ${kind}`} href=${href}><span class="tile-label">${label}</span>
    <span class="tile-value">${value}</span><span class="tile-note quiet">${note}</span></a>`;
}

function Tiles({ data, link }) {
  const { totals, running, unknown } = data;
  const ended = totals.success + totals.failed + totals.unknown;
  const rate = ended > 0 ? `${(100 * totals.success / ended).toFixed(1)} %` : "–";
  return html`<div class="tiles">
    <${Tile} label="In flight now" value=${formatNumber(running)} note="waiting for a cluster"
      href="/jobs?statuses=IN_PROGRESS" kind=${running > 0 ? "running-tile" : ""} />
    <${Tile} label="Outcome unknown" value=${formatNumber(unknown)} href="/jobs?effects=UNKNOWN"
      note=${unknown > 0 ? "to be checked at the cluster" : "nothing to check"}
      kind=${unknown > 0 ? "to-check" : ""} />
    <${Tile} label="Jobs" value=${formatNumber(totals.total)} note="in this time" href=${link({})} />
    <${Tile} label="Successful" value=${rate}
      note=${`${formatNumber(totals.success)} of ${formatNumber(ended)} ended`} href=${link({ statuses: "SUCCESS" })} />
    <${Tile} label="Failed" value=${formatNumber(totals.failed + totals.unknown)}
      note=${`${formatNumber(totals.unknown)} with outcome unknown`} href=${link({ statuses: "FAILED" })} />
  </div>`;
}

function Bar({ value, most }) {
  return html`<span class="meter" aria-hidden="true">
    <span style=${{ width: `${Math.max(1, 100 * value / most)}%` }}></span></span>`;
}

function Reasons({ reasons, link }) {
  const most = Math.max(1, ...reasons.map((one) => one.count));
  return html`<section class="card" aria-labelledby="reasons-title">
    <h2 id="reasons-title">Why jobs failed</h2>
    ${reasons.length === 0 && html`<p class="no-data quiet">Nothing failed in this time.</p>`}
    <ul class="bars">${reasons.map(({ reason, count: jobs }) => html`<li key=${reason}>
      <a href=${link({ failure_reasons: reason })} data-tip=${reasonHelp(reason)}>${reasonText(reason)}</a>
      <${Bar} value=${jobs} most=${most} /><span class="number">${formatNumber(jobs)}</span></li>`)}</ul>
  </section>`;
}

function upTo(found) {
  if (!found) return "–";
  return `${found.more ? "> " : "≤ "}${formatSeconds(found.seconds)}`;
}

function Clusters({ clusters, link }) {
  const most = Math.max(0.001, ...clusters.map((one) => one.p95.seconds));
  return html`<section class="card" aria-labelledby="clusters-title">
    <h2 id="clusters-title">Slowest clusters</h2>
    ${clusters.length === 0 ? html`<p class="no-data quiet">No call has ended in this time.</p>` : html`
    <table class="numbers"><thead><tr><th scope="col">Cluster</th><th scope="col" class="number">Jobs</th>
      <th scope="col" class="number">Mean</th>
      <th scope="col" class="number"><span class="explained" tabindex="0"
        data-tip="Half of the calls took at most this long.">Half</span></th>
      <th scope="col" class="number"><span class="explained" tabindex="0"
        data-tip="19 of 20 calls took at most this long.">95 %</span></th>
      <th scope="col" class="meter-cell"><span class="hidden">95 % as a bar</span></th></tr></thead>
      <tbody>${clusters.map((one) => html`<tr key=${one.cluster}>
        <th scope="row">${one.cluster
          ? html`<a href=${link({ clusters: one.cluster })}>${one.cluster}</a>` : "not recorded"}</th>
        <td class="number">${formatNumber(one.jobs)}</td>
        <td class="number">${formatSeconds(one.mean)}</td>
        <td class="number">${upTo(one.p50)}</td><td class="number">${upTo(one.p95)}</td>
        <td class="meter-cell"><${Bar} value=${one.p95.seconds} most=${most} /></td></tr>`)}</tbody></table>`}
  </section>`;
}

function RangeTabs({ current }) {
  return html`<nav class="ranges" aria-label="Time range">${Object.entries(RANGES).map(([key, range]) => html`
    <a key=${key} href=${key === DEFAULT_RANGE ? "/" : `/?range=${key}`} data-tip=${range.label}
      aria-label=${`${key}, ${range.label.toLowerCase()}`} aria-current=${key === current ? "page" : undefined}>${key}</a>`)}</nav>`;
}

function Content({ data, range, link }) {
  if (data.totals.total === 0 && data.running === 0 && data.unknown === 0) {
    return html`<${Empty} icon="file" title=${`No jobs in the ${range.label.toLowerCase()}`}>
      <p>Every Set Action makes one job, and is counted here.</p>
      <a class="button" href="/jobs">All jobs</a></${Empty}>`;
  }
  return html`<${Tiles} data=${data} link=${link} />
    <${OutcomesChart} columns=${data.columns} bucket=${data.bucket} totals=${data.totals}
      rangeLabel=${range.label} />
    <div class="overview-columns"><${Reasons} reasons=${data.reasons} link=${link} />
      <${Clusters} clusters=${data.clusters} link=${link} /></div>`;
}

export function Overview() {
  useTitle("Overview");
  const { user_id: user, rights } = useSession();
  const asked = new URLSearchParams(useStore(address).query).get("range");
  const key = Object.hasOwn(RANGES, asked ?? "") ? asked : DEFAULT_RANGE;
  const range = RANGES[key];
  const { data, error, reload } = useLoad(key, (signal, background) =>
    load(range, rights.readAll ? "" : user, signal, background));
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && reload(true), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  const link = (filters) => `/jobs?${new URLSearchParams({
    ...filters, ...(range.list ? { range: range.list } : { created_after: data.since }),
  })}`;
  let body;
  if (data) {
    body = html`${error && html`<${FailedLine} error=${error} onRetry=${reload} />`}
      <${Content} data=${data} range=${range} link=${link} />`;
  } else if (error) {
    body = html`<${Failed} error=${error} onRetry=${reload} />`;
  } else {
    body = html`<div class="card"><${LoadingRows} rows=${10} what="the overview" /></div>`;
  }
  return html`<div class="page"><div class="page-head"><h1>Overview</h1>
    ${!rights.readAll && html`<span class="quiet own-jobs"><${Icon} name="user" />your own jobs</span>`}
    <${RangeTabs} current=${key} /></div>${body}</div>`;
}
