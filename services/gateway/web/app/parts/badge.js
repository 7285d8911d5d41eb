// How a job ended, at a glance. Colours are those that the operators know; an effect that nobody
// knows has a look of its own beside it.

import { html } from "../lib.js";
import { effectSentence, failureText, outcomeOf } from "../model/outcome.js";
import { Icon } from "./icons.js";

const CLASSES = {
  SUCCESS: "success", FAILED: "failed", IN_PROGRESS: "in-progress", UNSPECIFIED: "unspecified",
};

function Label({ kind, text, tip }) {
  const name = `badge ${kind}`;
  if (!tip) return html`<span class=${name}>${text}</span>`;
  return html`<button type="button" class=${name} data-tip=${tip}>${text}</button>`;
}

/** The badge of a job. With a tooltip it is a button: to be reached by Tab and by touch. */
export function StatusBadge({ job }) {
  const { status, label, unknown } = outcomeOf(job);
  return html`<span class="badges">
    <${Label} kind=${CLASSES[status]} text=${label} tip=${failureText(job)} />
    ${unknown && html`<button type="button" class="badge unknown" data-tip=${effectSentence(job)}>
      <${Icon} name="warning" />unknown</button>`}
  </span>`;
}

const MARKS = {
  APPLIED: ["applied", "check"], NOT_APPLIED: ["not-applied", "close"], UNKNOWN: ["effect-unknown", "warning"],
};
const notYet = (job) => ["effect-none", job.status === "IN_PROGRESS" ? "clock" : "help"];

/** "The cluster may have acted: check before repeating." with its mark. */
export function EffectLine({ job }) {
  const [mark, icon] = MARKS[job.effect] ?? notYet(job);
  return html`<p class=${`effect ${mark}`}><${Icon} name=${icon} />
    <span>${effectSentence(job)}</span></p>`;
}
