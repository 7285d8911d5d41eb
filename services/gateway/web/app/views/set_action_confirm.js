// The questions before something happens: is it really this, and may it happen twice?

import { html, useRef } from "../lib.js";
import { count, formatNumber, formatSeconds } from "../model/format.js";
import { Dialog } from "../parts/dialog.js";
import { Icon } from "../parts/icons.js";

const FIRST_IDS = 5;

/** `repeats`: the `effect` of the job that this one repeats, and whether its refusals are known only in part (`cut`). */
export function ConfirmDialog({ content, repeats, onCancel, onConfirm }) {
  const { action, cluster, cids, batchId, timeoutLimit } = content;
  const pressed = useRef(false);
  const once = () => {
    if (pressed.current) return;
    pressed.current = true;
    onConfirm();
  };
  const more = cids.length - FIRST_IDS;
  return html`<${Dialog} title="Run this Set Action?" onClose=${onCancel}>
    <p><b>${action}</b> on <b>${cluster}</b> for <b>${count(cids.length, "customer")}</b>. It can't be
      undone, and it is sent once.</p>
    <ul class="first-ids mono">${cids.slice(0, FIRST_IDS).map((cid) => html`
      <li key=${cid} class="break">${cid}</li>`)}</ul>
    ${more > 0 && html`<p class="quiet">and ${formatNumber(more)} more</p>`}
    <p class="quiet">The cluster has ${formatSeconds(timeoutLimit)} to answer.${batchId
      ? ` Batch: ${batchId}.` : ""}</p>
    ${repeats.effect === "UNKNOWN" && html`<p class="effect effect-unknown"><${Icon} name="warning" />
      <span>The job that this repeats may have acted. Only go on if you have checked the cluster.</span></p>`}
    ${repeats.cut && html`<p class="effect effect-unknown"><${Icon} name="warning" />
      <span>The cluster's answer was cut: some of these customers may be among those that it refused.</span></p>`}
    <div class="dialog-buttons">
      <button type="button" class="button" onClick=${onCancel}>Cancel</button>
      <button type="button" class="button primary" onClick=${once}>Yes, proceed</button></div>
  </${Dialog}>`;
}

export function RepeatDialog({ pending, onCancel, onAccept }) {
  return html`<${Dialog} title="The ledger is away" onClose=${onCancel}>
    <p>Nothing was sent to the cluster${pending.again ? " this time" : ""}. The ledger can't say now whether
      this request was made before, for instance by another window.${pending.again
        ? " You did send it before, and its outcome is not known here." : ""}</p>
    <p><b>${pending.action}</b> on <b>${pending.cluster}</b> for
      <b>${` ${count(pending.count, "customer")}`}</b>: is a possible repeat acceptable? The outcome is
      recorded in any case, as soon as the ledger is back.</p>
    <div class="dialog-buttons">
      <button type="button" class="button" onClick=${onCancel}>No, do not send it</button>
      <button type="button" class="button primary" onClick=${onAccept}>Send it, a repeat is acceptable</button>
    </div></${Dialog}>`;
}
