// An administrator says what became of a job whose outcome nobody knows.

import { api } from "../api.js";
import { html, useState } from "../lib.js";
import { settlement } from "../model/outcome.js";
import { Dialog } from "../parts/dialog.js";

const MIN_REASON = 3;
const MAX_REASON = 1000;

const CHOICES = [
  ["APPLIED", "The cluster acted", "Every customer of the job was moved."],
  ["NOT_APPLIED", "The cluster did not act", "Nothing was changed; the job may be run again."],
];

function messageOf(error) {
  if (error.status === 409) return "Somebody changed this job in the meantime. Close, look, and try again.";
  return error.message;
}

export function SettleDialog({ job, onClose, onSettled }) {
  const [effect, setEffect] = useState("");
  const [reason, setReason] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const ready = effect !== "" && reason.trim().length >= MIN_REASON;
  const submit = async (event) => {
    event.preventDefault();
    if (!ready || busy) return;
    setBusy(true);
    setError("");
    try {
      onSettled(await api.settle(job.job_id, settlement(job, effect, reason.trim())));
    } catch (problem) {
      setError(messageOf(problem));
      setBusy(false);
    }
  };
  return html`<${Dialog} title="Settle the outcome" onClose=${onClose}>
    <form onSubmit=${submit}>
      <p>Check at the cluster first. What you say is recorded with your name and stays in the job's
        timeline; a later report of the service replaces it.</p>
      <fieldset class="choices radio"><legend>What did the cluster do?</legend>
        ${CHOICES.map(([value, label, help]) => html`<label key=${value} class="check">
          <input type="radio" name="effect" value=${value} checked=${effect === value}
            onChange=${() => setEffect(value)} />
          <span>${label}<span class="quiet"> ${help}</span></span></label>`)}</fieldset>
      <label class="field"><span class="label">How do you know?</span>
        <textarea rows="3" required minlength=${MIN_REASON} maxlength=${MAX_REASON} value=${reason}
          onInput=${(event) => setReason(event.target.value)}></textarea></label>
      <p class="form-error" role="alert">${error}</p>
      <div class="dialog-buttons">
        <button type="button" class="button" onClick=${onClose}>Cancel</button>
        <button class="button primary" disabled=${!ready || busy}>${busy ? "Settling…" : "Settle"}</button>
      </div></form></${Dialog}>`;
}
