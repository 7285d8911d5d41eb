// Filters under a name, kept in this browser for each user.

import { html, useRef, useState } from "../lib.js";
import { fromQuery, toQuery } from "../model/filters.js";
import { announce } from "../parts/announce.js";
import { Dialog } from "../parts/dialog.js";
import { Icon } from "../parts/icons.js";
import { useSession } from "../session.js";
import { createStoredStore, useStore } from "../store.js";

const MAX_VIEWS = 30;
const stores = new Map();

function storeOf(user) {
  if (!stores.has(user)) stores.set(user, createStoredStore(`tms.views.${user}`, []));
  return stores.get(user);
}

const BUILT_IN = [
  { name: "To check: outcome unknown", query: "effects=UNKNOWN" },
  { name: "Failed in the last 24 hours", query: "statuses=FAILED&range=24h" },
  { name: "Timeouts in the last 7 days", query: "failure_reasons=TIMEOUT&range=7d" },
];

// Whatever stands in the storage: only views with a name, and filters that there are.
function usable(views) {
  if (!Array.isArray(views)) return [];
  return views
    .filter((view) => typeof view?.name === "string" && typeof view.query === "string")
    .map((view) => ({ name: view.name, query: toQuery(fromQuery(view.query)) }));
}

function SaveDialog({ query, stored, views, onClose }) {
  const field = useRef();
  const save = (event) => {
    event.preventDefault();
    const name = field.current.value.trim();
    if (name === "") return;
    stored.set([...views.filter((view) => view.name !== name), { name, query }].slice(-MAX_VIEWS));
    announce(`View “${name}” saved`);
    onClose();
  };
  return html`<${Dialog} title="Save this view" onClose=${onClose}>
    <form onSubmit=${save}>
      <label class="field"><span class="label">Name</span>
        <input ref=${field} maxlength="60" required autofocus /></label>
      <p class="quiet">The filters are kept in this browser, for you only: others who log in here do not see them. To share
        them, share the address.</p>
      <div class="dialog-buttons">
        <button type="button" class="button" onClick=${onClose}>Cancel</button>
        <button class="button primary">Save</button></div></form></${Dialog}>`;
}

function ViewItem({ view, current, onOpen, onRemove }) {
  return html`<li><a href=${view.query ? `/jobs?${view.query}` : "/jobs"} onClick=${onOpen}
      aria-current=${current ? "page" : undefined}>${view.name}</a>
    ${onRemove && html`<button type="button" class="icon-button" aria-label=${`Remove view ${view.name}`}
      onClick=${onRemove}><${Icon} name="close" /></button>`}</li>`;
}

export function SavedViews({ filters }) {
  const stored = storeOf(useSession().user_id);
  const views = usable(useStore(stored));
  const [saving, setSaving] = useState(false);
  const menu = useRef();
  const query = toQuery(filters);
  const close = () => {
    menu.current.open = false;
  };
  const onLeave = (event) => {
    if (!menu.current.contains(event.relatedTarget)) close();
  };
  const onKey = (event) => {
    if (event.key !== "Escape" || !menu.current.open) return;
    close();
    menu.current.querySelector("summary").focus();
  };
  const remove = ({ name }) => {
    stored.set(views.filter((view) => view.name !== name));
    announce(`View “${name}” removed`);
  };
  return html`<details class="menu" ref=${menu} onfocusout=${onLeave} onKeyDown=${onKey}>
    <summary class="button"><${Icon} name="star" />Views</summary>
    <div class="menu-body card" tabindex="-1">
      <ul>${BUILT_IN.map((view) => html`<${ViewItem} key=${view.query} view=${view} onOpen=${close}
          current=${view.query === query} />`)}
        ${views.map((view) => html`<${ViewItem} key=${view.name} view=${view} onOpen=${close}
          current=${view.query === query} onRemove=${() => remove(view)} />`)}</ul>
      <button type="button" class="button small" disabled=${query === ""} onClick=${() => {
        close();
        setSaving(true);
      }}><${Icon} name="plus" />Save these filters…</button>
    </div></details>
    ${saving && html`<${SaveDialog} query=${query} stored=${stored} views=${views}
      onClose=${() => setSaving(false)} />`}`;
}
