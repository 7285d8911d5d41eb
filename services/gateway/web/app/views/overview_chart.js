// Outcomes over time as stacked columns, with the same numbers as a table for those who read it so.

import { html, useEffect, useRef, useState } from "../lib.js";
import { count, formatNumber, localDay, localTime } from "../model/format.js";
import { niceMax, OUTCOMES } from "../model/stats.js";
import { navigate } from "../router.js";

const HEIGHT = 200;
const BOTTOM = 22;
const LEFT = 44;
const TOP = 8;
const LABEL_WIDTH = 64;

// Days and months are those of UTC, as the ledger counts them; hours are shown in local time.
function bucketLabel(start, bucket, wholeDays) {
  if (bucket === "HOUR") return wholeDays ? localDay(start).slice(5) : localTime(start).slice(11, 16);
  const day = start.toISOString().slice(0, 10);
  return bucket === "DAY" ? day.slice(5) : day.slice(0, 7);
}

// The columns that get a label below: as many as have room, of several days of hours the midnights.
function labelled(columns, bucket, step) {
  const wholeDays = bucket === "HOUR" && columns.length > 48;
  const candidates = columns
    .map(({ start }, i) => ({ i, start, text: bucketLabel(start, bucket, wholeDays) }))
    .filter(({ start }) => !wholeDays || start.getHours() === 0);
  const room = step * columns.length / LABEL_WIDTH;
  const every = Math.max(1, Math.ceil(candidates.length / Math.max(1, room)));
  return candidates.filter((_, n) => n % every === 0);
}

function bucketName(start, bucket) {
  if (bucket === "HOUR") return `${localDay(start)} ${localTime(start).slice(11, 16)}`;
  return `${start.toISOString().slice(0, bucket === "DAY" ? 10 : 7)} (UTC)`;
}

function bucketEnd(start, bucket) {
  const end = new Date(start);
  if (bucket === "HOUR") end.setUTCHours(end.getUTCHours() + 1);
  else if (bucket === "DAY") end.setUTCDate(end.getUTCDate() + 1);
  else end.setUTCMonth(end.getUTCMonth() + 1);
  return end;
}

function jobsLink({ start }, bucket) {
  return `/jobs?${new URLSearchParams({
    created_after: start.toISOString(), created_before: bucketEnd(start, bucket).toISOString(),
  })}`;
}

function tipOf(column, bucket) {
  const parts = OUTCOMES.filter(({ key }) => column[key] > 0)
    .map(({ key, label }) => `${label}: ${formatNumber(column[key])}`);
  return [bucketName(column.start, bucket), ...(parts.length > 0 ? parts : ["No jobs"])].join("\n");
}

function Column({ column, bucket, x, width, scale }) {
  let top = TOP + HEIGHT;
  const gap = width > 5 ? 1 : 0;
  return html`<g class="column" data-tip=${tipOf(column, bucket)}
      onClick=${() => column.total > 0 && navigate(jobsLink(column, bucket))}>
    <rect class="hit" x=${x} y=${TOP} width=${width} height=${HEIGHT} />
    ${OUTCOMES.map(({ key }) => {
      const height = column[key] * scale;
      top -= height;
      return height > 0 && html`<rect key=${key} class=${`fill ${key}`} x=${x + gap} y=${top}
        width=${Math.max(1, width - 2 * gap)} height=${height} />`;
    })}</g>`;
}

function useWidth() {
  const element = useRef();
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, width];
}

function Plot({ columns, bucket, width, label }) {
  const top = niceMax(Math.max(...columns.map((column) => column.total)));
  const step = (width - LEFT) / columns.length;
  const labels = labelled(columns, bucket, step);
  const lines = [0, 0.5, 1].filter((share) => Number.isInteger(share * top));
  return html`<svg class="plot" width=${width} height=${TOP + HEIGHT + BOTTOM} role="img" aria-label=${label}>
    <defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse"
      patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6" />
      <rect class="hatch-line" width="3" height="6" /></pattern></defs>
    ${lines.map((share) => html`<g key=${share}>
      <line class="grid" x1=${LEFT} x2=${width} y1=${TOP + HEIGHT * (1 - share) + 0.5}
        y2=${TOP + HEIGHT * (1 - share) + 0.5} />
      <text class="axis" x=${LEFT - 8} y=${TOP + HEIGHT * (1 - share) + 4} text-anchor="end">
        ${formatNumber(share * top)}</text></g>`)}
    ${columns.map((column, i) => html`<${Column} key=${+column.start} column=${column} bucket=${bucket}
      x=${LEFT + i * step} width=${step} scale=${HEIGHT / top} />`)}
    ${labels.filter(({ i }) => LEFT + i * step + LABEL_WIDTH * 0.6 <= width).map(({ i, text }) => html`
      <text key=${i} class="axis" x=${LEFT + i * step} y=${TOP + HEIGHT + 16}>${text}</text>`)}
  </svg>`;
}

function Table({ columns, bucket }) {
  const filled = columns.filter((column) => column.total > 0).reverse();
  return html`<details class="as-table"><summary>As a table</summary>
    <div class="table-scroll" tabindex="0" role="region" aria-label="Outcomes over time">
    <table class="numbers"><thead><tr><th scope="col">Time</th>${OUTCOMES.map(({ key, label }) => html`
      <th key=${key} scope="col" class="number">${label}</th>`)}</tr></thead>
      <tbody>${filled.map((column) => html`<tr key=${+column.start}>
        <th scope="row"><a href=${jobsLink(column, bucket)}>${bucketName(column.start, bucket)}</a></th>
        ${OUTCOMES.map(({ key }) => html`<td key=${key} class="number">${formatNumber(column[key])}</td>`)}
      </tr>`)}</tbody></table></div></details>`;
}

export function OutcomesChart({ columns, bucket, totals, rangeLabel }) {
  const [element, width] = useWidth();
  const label = `${rangeLabel}: ${count(totals.total, "job")}, of them ${OUTCOMES
    .map((outcome) => `${formatNumber(totals[outcome.key])} ${outcome.label.toLowerCase()}`).join(", ")}`;
  return html`<section class="card chart" aria-labelledby="chart-title">
    <div class="card-head"><h2 id="chart-title">Outcomes over time</h2>
      <ul class="legend">${OUTCOMES.map(({ key, label: name }) => html`
        <li key=${key}><span class=${`swatch ${key}`} aria-hidden="true"></span>${name}</li>`)}</ul></div>
    <div class="plot-area" ref=${element}>${width > 0 && (totals.total > 0
      ? html`<${Plot} columns=${columns} bucket=${bucket} width=${width} label=${label} />`
      : html`<p class="no-data quiet">No jobs in this time.</p>`)}</div>
    ${totals.total > 0 && html`<${Table} columns=${columns} bucket=${bucket} />`}</section>`;
}
