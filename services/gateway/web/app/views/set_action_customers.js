// For which customers: typed, pasted, or out of files. All sources together, and what is wrong with them.

import { html, useRef, useState } from "../lib.js";
import { MAX_CIDS, combine, parseText } from "../model/cids.js";
import { ALL_COLUMNS, bodyOf, cidsOf, decode, headerOf, isChosen, readTable, titlesOf }
  from "../model/csv.js";
import { count, formatNumber } from "../model/format.js";
import { describedBy, Field } from "../parts/field.js";
import { Icon } from "../parts/icons.js";
import { jobLink } from "../router.js";

const MAX_FILE_BYTES = 32 << 20;
const PREVIEW_ROWS = 5;
const SHOWN_OF_JOB = 50;
const SHOWN_INVALID = 20;

let fileNumber = 0;

async function readFile(file) {
  const named = { key: (fileNumber += 1), name: file.name };
  if (file.size > MAX_FILE_BYTES) return { ...named, error: "is larger than 32 MiB" };
  const text = decode(new Uint8Array(await file.arrayBuffer()));
  if (text.includes("\0")) return { ...named, error: "is not a text file. Save it as CSV first" };
  const table = readTable(text, file.name);
  return table.rows.length === 0 ? { ...named, error: "is empty" } : { ...named, table };
}

/** What text, files and the job that is run again give together: `{cids, duplicates, invalid, typed}`. */
export function gather({ text, files, job }) {
  const typed = parseText(text);
  const lists = [typed.cids, job?.cids ?? [], ...files.map((file) => (file.table ? cidsOf(file.table) : []))];
  return { ...combine(lists), typed };
}

function Preview({ name, table }) {
  const shown = bodyOf(table).slice(0, PREVIEW_ROWS);
  return html`<div class="preview" tabindex="0" role="region" aria-label=${`First rows of ${name}`}>
    <table><thead><tr>${titlesOf(table).map((title, i) => html`<th key=${i} scope="col"
        class=${isChosen(table, i) ? "chosen" : ""}>${title}</th>`)}</tr></thead>
      <tbody>${shown.map((row, n) => html`<tr key=${n}>${titlesOf(table).map((_, i) => html`
        <td key=${i} class=${isChosen(table, i) ? "chosen" : ""}>${row[i] ?? ""}</td>`)}</tr>`)}</tbody>
    </table></div>`;
}

function FileCard({ file, onChange, onRemove }) {
  const { table } = file;
  const set = (changes) => onChange({ ...file, table: { ...table, ...changes } });
  return html`<li class="file">
    <div class="file-head"><${Icon} name="file" /><b class="break">${file.name}</b>
      <span class="quiet file-count">${table ? count(cidsOf(table).length, "id") : ""}</span>
      <button type="button" class="icon-button" aria-label=${`Remove ${file.name}`} onClick=${onRemove}>
        <${Icon} name="close" /></button></div>
    ${file.error && html`<p class="form-error">${file.name} ${file.error}.</p>`}
    ${table && html`<div class="file-options">
        <label class="field inline"><span class="label">Customers are in</span>
          <select value=${table.column} onChange=${(event) => set({ column: Number(event.target.value) })}>
            ${table.width > 1 && html`<option value=${ALL_COLUMNS}>All columns</option>`}
            ${titlesOf(table).map((title, i) => html`<option key=${i} value=${i}>${title}</option>`)}
          </select></label>
        <label class="check"><input type="checkbox" checked=${table.hasHeader}
          onChange=${(event) => set({ hasHeader: event.target.checked })} />
          <span>First row is a header</span></label></div>
      ${table.hasHeader && html`<p class="header-out break">Header left out: ${headerOf(table)}</p>`}
      <${Preview} name=${file.name} table=${table} />`}</li>`;
}

// The customers of the job that is run again: as they are in the ledger, never read as text once more.
function JobCard({ job: { id, cids }, onRemove }) {
  return html`<li class="file">
    <div class="file-head"><${Icon} name="repeat" />
      <span class="break"><b>${count(cids.length, "customer")}</b> from job${" "}
        <a class="mono" href=${jobLink(id)}>${id}</a></span>
      <button type="button" class="icon-button" aria-label="Remove the customers of the job" onClick=${onRemove}>
        <${Icon} name="close" /></button></div>
    <details class="of-job"><summary>Which ones</summary>
      <ul class="cid-list">${cids.slice(0, SHOWN_OF_JOB).map((cid) => html`<li key=${cid}>${cid}</li>`)}</ul>
      ${cids.length > SHOWN_OF_JOB && html`
        <p class="quiet">and ${formatNumber(cids.length - SHOWN_OF_JOB)} more</p>`}</details></li>`;
}

function Summary({ found }) {
  const { cids, duplicates, invalid, typed } = found;
  const over = cids.length > MAX_CIDS;
  return html`<div class="cid-summary" aria-live="polite">
    <b class=${over ? "too-many" : ""}>${count(cids.length, "customer")}</b>
    ${duplicates > 0 && html`<span class="quiet">${count(duplicates, "duplicate")} dropped</span>`}
    ${typed.header && html`<span class="header-out">header left out: ${typed.header}</span>`}
    ${invalid.length > 0 && html`<span class="too-many">${formatNumber(invalid.length)} invalid</span>`}
    ${over && html`<span class="too-many">at most ${formatNumber(MAX_CIDS)} in one action</span>`}
  </div>
  ${invalid.length > 0 && html`<details class="invalid"><summary>Which ones are invalid</summary>
    <ul>${invalid.slice(0, SHOWN_INVALID).map(({ cid, why }, i) => html`
      <li key=${i}><code class="break">${cid.slice(0, 60)}${cid.length > 60 ? "…" : ""}</code> ${why}</li>`)}
    </ul>${invalid.length > SHOWN_INVALID && html`
      <p class="quiet">and ${formatNumber(invalid.length - SHOWN_INVALID)} more</p>`}</details>`}`;
}

export function Customers({ sources, found, onChange, error }) {
  const [over, setOver] = useState(false);
  const picker = useRef();
  const { text, files, job } = sources;
  const add = async (list) => {
    const read = await Promise.all([...list].map(readFile));
    onChange((old) => ({ ...old, files: [...old.files, ...read] }));
  };
  const drag = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    setOver(event.type === "dragover");
    if (event.type === "drop") add(event.dataTransfer.files);
  };
  const setFile = (file) => onChange((old) => ({
    ...old, files: old.files.map((one) => (one.key === file.key ? file : one)),
  }));
  const remove = (key) => onChange((old) => ({
    ...old, files: old.files.filter((one) => one.key !== key),
  }));
  return html`<section class=${`customers-input ${over ? "over" : ""}`} aria-label="Customers"
      onDragOver=${drag} onDragLeave=${drag} onDrop=${drag}>
    <${Field} id="cids" label="Customer ids" error=${error}>
      <textarea id="cids" class="mono" rows="7" spellcheck=${false} autocapitalize="none" value=${text}
        aria-describedby=${describedBy("cids")} aria-invalid=${error !== ""}
        placeholder="Type or paste them: commas, blanks and lines between, in any mixture"
        onInput=${(event) => onChange((old) => ({ ...old, text: event.target.value }))}></textarea></${Field}>
    <div class="file-line"><button type="button" class="button small" onClick=${() => picker.current.click()}>
        <${Icon} name="plus" />Add files</button>
      <span class="hint" id="cids-hint">CSV or text, several at once; or drop them here.
        Typed ids and files count together.</span>
      <input ref=${picker} type="file" multiple hidden accept=".csv,.tsv,.txt,text/*"
        aria-label="Files with customers" onChange=${(event) => {
          add(event.target.files);
          event.target.value = "";
        }} /></div>
    <ul class="files">${job && html`<${JobCard} job=${job}
      onRemove=${() => onChange((old) => ({ ...old, job: null }))} />`}
      ${files.map((file) => html`<${FileCard} key=${file.key} file=${file}
      onChange=${setFile} onRemove=${() => remove(file.key)} />`)}</ul>
    <${Summary} found=${found} /></section>`;
}
