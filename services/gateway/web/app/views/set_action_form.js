// The form of a Set Action: what, where, for whom, with which token.

import { html, useEffect, useMemo, useRef, useState } from "../lib.js";
import { MAX_CIDS } from "../model/cids.js";
import { count, formatSeconds, parseDuration } from "../model/format.js";
import { describedBy, Field } from "../parts/field.js";
import { Icon } from "../parts/icons.js";
import { jobLink } from "../router.js";
import { Customers, gather } from "./set_action_customers.js";
import { ConfirmDialog } from "./set_action_confirm.js";
import { TOKEN_IDLE_MS } from "./set_action_run.js";

const DEFAULT_TIMEOUT = 30;
const DEFAULT_MAX_TIMEOUT = 120;

/** Clears the token field after idle minutes; anything done in the form counts as use. */
function useIdleClear(token, onCleared) {
  const timer = useRef(0);
  const touch = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      if (!token.current || token.current.value === "") return;
      token.current.value = "";
      onCleared();
    }, TOKEN_IDLE_MS);
  };
  useEffect(() => {
    const clear = () => {
      if (token.current) token.current.value = "";
    };
    window.addEventListener("pagehide", clear);
    return () => {
      clearTimeout(timer.current);
      window.removeEventListener("pagehide", clear);
    };
  }, []);
  return touch;
}

function checks({ cluster, action, found, token, timeout, maxTimeout }) {
  const errors = {};
  if (cluster === "") errors.cluster = "Choose a cluster.";
  if (action === "") errors.action = "Choose an action.";
  if (found.invalid.length > 0) errors.cids = "Remove or mend the invalid ids first.";
  else if (found.cids.length === 0) errors.cids = "Give at least one customer.";
  else if (found.cids.length > MAX_CIDS) errors.cids = `At most ${MAX_CIDS} customers in one action.`;
  if (token === "") errors.token = "Give the cluster's API token.";
  else if (!/^[\x21-\x7e]{1,16384}$/.test(token)) errors.token = "A token has only visible ASCII characters.";
  if (timeout !== "" && !(Number(timeout) >= 0.001 && Number(timeout) <= maxTimeout)) {
    errors.timeout = `At most ${formatSeconds(maxTimeout)} for this cluster.`;
  }
  return errors;
}

function Choice({ label, value, options, onChange, error, id }) {
  return html`<${Field} id=${id} label=${label} error=${error}>
    <select id=${id} value=${value} onChange=${(event) => onChange(event.target.value)}
      aria-invalid=${Boolean(error)} aria-describedby=${describedBy(id)}>
      <option value="">Choose…</option>
      ${options.map(([key, text]) => html`<option key=${key} value=${key}>${text}</option>`)}
    </select></${Field}>`;
}

function RerunNote({ seed, onForget }) {
  if (!seed.rerunOf) return null;
  const unknown = seed.effect === "UNKNOWN";
  return html`<div class=${`card rerun ${unknown ? "to-check" : ""}`}>
    <${Icon} name=${unknown ? "warning" : "repeat"} />
    <p>Repeats job <a class="mono" href=${jobLink(seed.rerunOf)}>${seed.rerunOf}</a>.
      ${unknown && html`<b> Its outcome is unknown: the cluster may have acted. Check before you repeat it.</b>`}
      ${seed.effect === "APPLIED" && html`<b> The cluster took that action on already.</b>`}</p>
    <button type="button" class="button small" onClick=${onForget}>Start empty</button></div>`;
}

export function SetActionForm({ catalogues, seed, onForget, onConfirm, note }) {
  const [cluster, setCluster] = useState(seed.cluster ?? "");
  const [action, setAction] = useState(seed.action ?? "");
  const [sources, setSources] = useState({
    text: "", files: [], job: seed.rerunOf ? { id: seed.rerunOf, cids: seed.cids } : null,
  });
  const [batchId, setBatchId] = useState("");
  const [timeout, setTimeoutText] = useState("");
  const [shown, setShown] = useState({});
  const [confirming, setConfirming] = useState(null);
  const token = useRef();
  const form = useRef();
  const found = useMemo(() => gather(sources), [sources]);
  const chosen = catalogues.clusters.find((one) => one.name === cluster);
  const usual = parseDuration(chosen?.default_timeout) || DEFAULT_TIMEOUT;
  const maxTimeout = parseDuration(chosen?.max_timeout) || DEFAULT_MAX_TIMEOUT;
  const touch = useIdleClear(token, () => setShown({ token: "Cleared, since nothing happened for a while." }));

  const submit = (event) => {
    event.preventDefault();
    const errors = checks({
      cluster, action, found, timeout, maxTimeout, token: token.current.value.trim(),
    });
    setShown(errors);
    if (Object.keys(errors).length > 0) return;
    setConfirming({
      cluster, action, cids: found.cids, batchId: batchId.trim(), rerunOf: seed.rerunOf ?? "",
      timeoutSeconds: timeout === "" ? 0 : Number(timeout),
      timeoutLimit: timeout === "" ? usual : Number(timeout),
    });
  };
  useEffect(() => {
    form.current.querySelector('[aria-invalid="true"]')?.focus();
  }, [shown]);
  const confirm = () => {
    const secret = token.current.value.trim();
    token.current.value = "";
    setConfirming(null);
    onConfirm(confirming, secret);
  };

  return html`<form ref=${form} class="set-action" onSubmit=${submit} onInput=${touch} onKeyDown=${touch}
      onPointerDown=${touch} noValidate autocomplete="off">
    <${RerunNote} seed=${seed} onForget=${onForget} />
    ${note}
    <div class="card form-card">
      <div class="two">
        <${Choice} id="cluster" label="Cluster" value=${cluster} onChange=${setCluster} error=${shown.cluster}
          options=${catalogues.clusters.map(({ name, description }) =>
            [name, description ? `${name} — ${description}` : name])} />
        <${Choice} id="action" label="Action" value=${action} onChange=${setAction} error=${shown.action}
          options=${catalogues.actions.map(({ name }) => [name, name])} /></div>
      <${Customers} sources=${sources} found=${found} onChange=${setSources} error=${shown.cids ?? ""} />
      <${Field} id="token" label="API token" error=${shown.token}
        hint="Goes to the cluster only. Never stored; cleared once it is used.">
        <input id="token" ref=${token} type="password" class="mono" autocomplete="off" spellcheck=${false}
          aria-describedby=${describedBy("token")} aria-invalid=${Boolean(shown.token)}
          data-1p-ignore data-lpignore="true" /></${Field}>
      <details class="more-options"><summary>Timeout and batch</summary>
        <div class="two">
          <${Field} id="timeout" label="Timeout in seconds" error=${shown.timeout}>
            <input id="timeout" inputmode="decimal" value=${timeout} placeholder=${String(usual)}
              aria-invalid=${Boolean(shown.timeout)} aria-describedby=${describedBy("timeout")}
              onInput=${(event) => setTimeoutText(event.target.value.trim())} /></${Field}>
          <label class="field"><span class="label">Batch (a label of your own)</span>
            <input maxlength="128" value=${batchId} onInput=${(event) => setBatchId(event.target.value)} />
          </label></div></details>
      <div class="form-end"><span class="quiet">The cluster has ${formatSeconds(
        Math.min(Number(timeout) || usual, maxTimeout))} to answer.</span>
        <button class="button primary">Set Action${found.cids.length > 0
          ? ` for ${count(found.cids.length, "customer")}` : ""}</button></div>
    </div>
    ${confirming && html`<${ConfirmDialog} content=${confirming} repeats=${seed}
      onCancel=${() => setConfirming(null)} onConfirm=${confirm} />`}
  </form>`;
}
