// What narrows the list: states as navigation, a panel with everything else, and what is set as chips.

import { catalogue } from "../api.js";
import { html, useEffect, useLayoutEffect, useState } from "../lib.js";
import { NO_FILTERS, RANGES, STATES, stateOf, toQuery } from "../model/filters.js";
import { formatNumber, localTime } from "../model/format.js";
import { EFFECT_NAMES, effectText, REASON_NAMES, reasonText } from "../model/outcome.js";
import { Icon } from "../parts/icons.js";

/** States with their numbers; each is a link. */
export function StateTabs({ filters, counts }) {
  const current = stateOf(filters);
  return html`<nav class="states" aria-label="States">${STATES.map((state) => {
    const query = toQuery({ ...filters, statuses: state.statuses, effects: state.effects });
    return html`<a key=${state.key} href=${query ? `/jobs?${query}` : "/jobs"}
      class=${`state-tab ${state.key}`} aria-current=${state.key === current ? "page" : undefined}>
      <span class="dot" aria-hidden="true"></span>${state.label}
      <span class="state-count">${counts ? formatNumber(counts[state.key]) : ""}</span></a>`;
  })}</nav>`;
}

/** Clusters and actions to choose from, asked for once they are `wanted`; empty lists until they are known. */
export function useCatalogues(wanted) {
  const [found, setFound] = useState({ clusters: [], actions: [] });
  useEffect(() => {
    if (!wanted) return;
    for (const name of ["clusters", "actions"]) {
      catalogue(name).then((list) => setFound((old) => ({ ...old, [name]: list })), () => {});
    }
  }, [wanted]);
  return found;
}

function Choices({ label, name, filters, options, onChange }) {
  const chosen = filters[name];
  const toggle = (value) => onChange({
    [name]: chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value],
  });
  return html`<fieldset class="choices"><legend>${label}</legend>
    ${options.map(([value, text]) => html`<label key=${value} class="check">
      <input type="checkbox" checked=${chosen.includes(value)} onChange=${() => toggle(value)} />
      <span>${text}</span></label>`)}
    ${options.length === 0 && html`<span class="quiet">none</span>`}</fieldset>`;
}

// What is typed stays until it is done, however often the page is drawn meanwhile.
function TextFilter({ label, value, onChange, ...rest }) {
  const [text, setText] = useState(value);
  useLayoutEffect(() => setText(value), [value]);
  const change = (event) => {
    setText(value);
    onChange(event.target.value.trim());
  };
  return html`<label class="field"><span class="label">${label}</span>
    <input value=${text} onInput=${(event) => setText(event.target.value)} onChange=${change} ...${rest} /></label>`;
}

// datetime-local speaks local time without a zone; the address holds UTC.
function TimeFilter({ label, value, onChange }) {
  const local = value ? localTime(new Date(value)).replace(" ", "T").slice(0, 16) : "";
  const change = (event) => {
    const date = new Date(event.target.value);
    onChange(Number.isNaN(date.getTime()) ? "" : date.toISOString());
  };
  return html`<label class="field"><span class="label">${label}</span>
    <input type="datetime-local" value=${local} onChange=${change} /></label>`;
}

export function FilterPanel({ filters, catalogues, mayReadAll, onChange }) {
  const actions = catalogues.actions.map((action) => [String(action.code), action.name]);
  const clusters = catalogues.clusters.map((cluster) => [cluster.name, cluster.name]);
  const set = (name) => (value) => onChange({ [name]: value });
  return html`<section class="card filter-panel" aria-label="Filters">
    <div class="choice-groups">
      <${Choices} label="Action" name="action_codes" filters=${filters} options=${actions}
        onChange=${onChange} />
      <${Choices} label="Cluster" name="clusters" filters=${filters} options=${clusters}
        onChange=${onChange} />
      <${Choices} label="Effect" name="effects" filters=${filters} onChange=${onChange}
        options=${EFFECT_NAMES.map((name) => [name, effectText(name)])} />
      <${Choices} label="Reason of failure" name="failure_reasons" filters=${filters} onChange=${onChange}
        options=${REASON_NAMES.map((name) => [name, reasonText(name)])} />
    </div>
    <div class="fields">
      <label class="field"><span class="label">Created</span>
        <select value=${filters.range} onChange=${(event) =>
          onChange({ range: event.target.value, created_after: "", created_before: "" })}>
          <option value="">At any time</option>
          ${Object.entries(RANGES).map(([key, range]) =>
            html`<option key=${key} value=${key}>${range.label}</option>`)}
        </select></label>
      <${TimeFilter} label="From" value=${filters.created_after}
        onChange=${(value) => onChange({ created_after: value, range: "" })} />
      <${TimeFilter} label="Before" value=${filters.created_before}
        onChange=${(value) => onChange({ created_before: value, range: "" })} />
      ${mayReadAll && html`<${TextFilter} label="Users (commas between)"
        value=${filters.user_ids.join(", ")} onChange=${(value) =>
          onChange({ user_ids: value.split(",").map((one) => one.trim()).filter(Boolean) })} />`}
      <${TextFilter} label="Customer (exact)" value=${filters.cid} onChange=${set("cid")} maxlength="128" />
      <${TextFilter} label="HTTP status" value=${filters.http_status} inputmode="numeric" maxlength="3"
        onChange=${(value) => onChange({ http_status: /^\d{3}$/.test(value) ? value : "" })} />
      <${TextFilter} label="Batch" value=${filters.batch_id} onChange=${set("batch_id")} maxlength="128" />
      <${TextFilter} label="Request id" value=${filters.request_id} onChange=${set("request_id")}
        maxlength="128" />
    </div>
  </section>`;
}

// One chip for each condition that is set: what it says, and the filters without it.
function chipsOf(filters, catalogues) {
  const actionName = (code) => catalogues.actions.find((a) => String(a.code) === code)?.name ?? code;
  const list = (name, label, text = (value) => value) => filters[name].map((value) => ({
    text: `${label} ${text(value)}`, without: { [name]: filters[name].filter((one) => one !== value) },
  }));
  const single = (name, label, text = (value) => value) => (filters[name] === "" ? [] : [{
    text: `${label} ${text(filters[name])}`, without: { [name]: "" },
  }]);
  const time = (value) => localTime(new Date(value)).slice(0, 16);
  const inTabs = stateOf(filters) !== "";
  return [
    ...(inTabs ? [] : [...list("statuses", "status"), ...list("effects", "effect", effectText)]),
    ...list("failure_reasons", "reason", reasonText), ...list("action_codes", "action", actionName),
    ...list("clusters", "cluster"), ...list("user_ids", "user"), ...single("cid", "customer"),
    ...single("batch_id", "batch"), ...single("request_id", "request"), ...single("http_status", "HTTP"),
    ...single("range", "created:", (key) => RANGES[key].label.toLowerCase()),
    ...single("created_after", "from", time), ...single("created_before", "before", time),
  ];
}

export function FilterChips({ filters, catalogues, onChange }) {
  const chips = chipsOf(filters, catalogues);
  if (chips.length === 0) return null;
  return html`<ul class="chips" aria-label="Active filters">${chips.map((chip) => html`
    <li key=${chip.text} class="chip"><span>${chip.text}</span>
      <button type="button" class="icon-button" aria-label=${`Remove filter: ${chip.text}`}
        onClick=${() => onChange(chip.without)}><${Icon} name="close" /></button></li>`)}
    <li><button type="button" class="button quiet-button small"
      onClick=${() => onChange({ ...NO_FILTERS, order: filters.order })}>Clear all</button></li></ul>`;
}
