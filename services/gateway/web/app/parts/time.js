// Times, relative or absolute as the reader chose, always with the other one at hand.

import { html } from "../lib.js";
import { formatRunning, formatSeconds, localTime, relativeTime, zoneName } from "../model/format.js";
import { secondsOf } from "../model/outcome.js";
import { createStoredStore, useNow, useStore } from "../store.js";

export const timeMode = createStoredStore("tms.times", "relative");

export function Time({ at }) {
  const mode = useStore(timeMode);
  const now = useNow(5);
  const date = new Date(at ?? NaN);
  if (Number.isNaN(date.getTime())) return html`<span class="quiet">–</span>`;
  const relative = relativeTime(date, now);
  const absolute = localTime(date);
  return html`<time dateTime=${at} class="nowrap"
    data-tip=${`${absolute} (${zoneName(date)}) · ${relative}`}>
    ${mode === "relative" ? relative : absolute}</time>`;
}

/** A moment spelled out: both ways. */
export function FullTime({ at }) {
  const now = useNow(5);
  const date = new Date(at ?? NaN);
  if (Number.isNaN(date.getTime())) return html`<span class="quiet">–</span>`;
  return html`<time dateTime=${at}>${localTime(date)}
    <span class="quiet"> · ${relativeTime(date, now)}</span></time>`;
}

/** Changes between the two ways, and names the zone. */
export function TimeSwitch() {
  const mode = useStore(timeMode);
  const next = mode === "relative" ? "absolute" : "relative";
  return html`<button type="button" class="button quiet-button small" onClick=${() => timeMode.set(next)}
    data-tip=${`Times are ${mode}, in ${zoneName()}. Press for ${next} ones.`}>
    Times: ${mode}<span class="quiet zone"> · ${zoneName()}</span></button>`;
}

function Running({ job }) {
  return html`<span class="running">${formatRunning(secondsOf(job, useNow(1)))}</span>`;
}

/** How long a job took, or has been running. */
export function Took({ job }) {
  if (job.status === "IN_PROGRESS") return html`<${Running} job=${job} />`;
  return formatSeconds(secondsOf(job, 0));
}
