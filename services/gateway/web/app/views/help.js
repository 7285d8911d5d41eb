// What words and keys mean, in one place.

import { html, useLayoutEffect, useRef, useState } from "../lib.js";
import { Dialog } from "../parts/dialog.js";
import { Icon } from "../parts/icons.js";
import { EFFECT_NAMES, effectSentence, effectText, REASON_NAMES, reasonHelp, reasonText }
  from "../model/outcome.js";

const KEYS = [
  ["/", "Search"],
  ["j, k", "Next, previous job of the list"],
  ["Enter", "Open the job"],
  ["x", "Select the job"],
  ["n", "Show what is new"],
  ["?", "This help"],
];

function Words({ names, text, help }) {
  return html`<dl class="help-list">${names.map((name) => html`
    <dt key=${name}>${text(name)}</dt><dd>${help(name)}</dd>`)}</dl>`;
}

function HelpDialog({ onClose }) {
  return html`<${Dialog} title="Words and keys" onClose=${onClose}>
    <p><b>Status</b> says how the call ended, <b>effect</b> whether the cluster acted. A failed job whose
      effect is unknown may have moved every customer: check at the cluster before you repeat it.</p>
    <h3>Effect</h3>
    <${Words} names=${EFFECT_NAMES} text=${effectText} help=${(effect) => effectSentence({ effect })} />
    <h3>Why a job failed</h3>
    <${Words} names=${REASON_NAMES} text=${reasonText} help=${reasonHelp} />
    <h3>Keys</h3>
    <dl class="help-list">${KEYS.map(([key, what]) => html`
      <dt key=${key}><kbd>${key}</kbd></dt><dd>${what}</dd>`)}</dl>
    <div class="dialog-buttons">
      <button type="button" class="button primary" onClick=${onClose}>Close</button></div>
  </${Dialog}>`;
}

/** Whether a key was meant for a field or has a meaning of the browser. */
export function isForField(event) {
  return event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented ||
    /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || document.querySelector("dialog[open]");
}

/** Calls `act` when the key is pressed outside fields and dialogs. */
export function useKey(key, act) {
  const current = useRef();
  current.current = act;
  useLayoutEffect(() => {
    const onKey = (event) => {
      if (event.key !== key || isForField(event)) return;
      event.preventDefault();
      current.current();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [key]);
}

export function HelpButton() {
  const [open, setOpen] = useState(false);
  useKey("?", () => setOpen(true));
  return html`<button type="button" class="icon-button" aria-label="Help" data-tip="Words and keys"
      onClick=${() => setOpen(true)}><${Icon} name="help" /></button>
    ${open && html`<${HelpDialog} onClose=${() => setOpen(false)} />`}`;
}
