// What stands where data would: while it loads, when there is none, when it may not be seen, and
// when something failed. Each is told apart.

import { html } from "../lib.js";
import { CopyButton } from "./copy.js";
import { Icon } from "./icons.js";

/** `alone`: this is the whole page, so its title is the page's. */
function Title({ alone = false, children }) {
  return alone ? html`<h1>${children}</h1>` : html`<h2>${children}</h2>`;
}

export function Empty({ icon = "search", title, alone, children }) {
  return html`<div class="state"><${Icon} name=${icon} /><${Title} alone=${alone}>${title}</${Title}>
    <div class="state-text">${children}</div></div>`;
}

/** Grey bars the size of the rows that will come, so that nothing jumps. */
export function LoadingRows({ rows = 8, what }) {
  return html`<div class="loading" role="status" aria-label=${`Loading ${what}`}>
    ${Array.from({ length: rows }, (_, i) => html`<div key=${i} class="bar"></div>`)}</div>`;
}

export function NoRights({ children }) {
  return html`<div class="state no-rights"><${Icon} name="user" /><h2>Not yours to see</h2>
    <div class="state-text">${children}</div></div>`;
}

function titleOf(error) {
  if (error.status === 0) return "No connection";
  if (error.reason === "LEDGER_UNAVAILABLE" || error.status === 503) return `The ${error.service} is away`;
  return "That did not work";
}

/** An error with what to do about it. A 403 looks different from a failure. */
export function Failed({ error, onRetry, alone }) {
  if (error.status === 403) {
    return html`<${NoRights}><p>${error.message}</p>
      <p>Ask an administrator for the role if you need it.</p></${NoRights}>`;
  }
  return html`<div class="state failed-state" role="alert"><${Icon} name="warning" />
    <${Title} alone=${alone}>${titleOf(error)}</${Title}>
    <div class="state-text"><p>${error.message}</p>
      <p>Nothing is lost: jobs are recorded on the server.</p>
      ${error.correlationId && html`<p class="quiet">Reference <code>${error.correlationId}</code>
        <${CopyButton} text=${error.correlationId} what="reference" /></p>`}
      <button type="button" class="button" onClick=${onRetry}><${Icon} name="refresh" />Try again</button>
    </div></div>`;
}

/** The same in one line, above data that is already there. */
export function FailedLine({ error, onRetry }) {
  return html`<p class="line-error" role="alert"><${Icon} name="warning" />
    <span>${titleOf(error)}. ${error.message}</span>
    <button type="button" class="button small" onClick=${onRetry}>Try again</button></p>`;
}
