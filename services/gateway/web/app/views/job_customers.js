// The customers of a job: pages of them, or those that hold a text.

import { api } from "../api.js";
import { html, useEffect, useState } from "../lib.js";
import { count, formatNumber } from "../model/format.js";
import { copyText } from "../parts/copy.js";
import { announce } from "../parts/announce.js";
import { Icon } from "../parts/icons.js";
import { FailedLine, LoadingRows } from "../parts/states.js";

const PAGE_SIZE = 100;
const READ_SIZE = 500;

/** All customers of a job, in the order in which they were sent. */
export async function allCustomers(id, signal) {
  const cids = [];
  let token = "";
  do {
    const params = new URLSearchParams({ page_size: READ_SIZE, page_token: token });
    const page = await api.customers(id, params, signal);
    cids.push(...page.cids);
    token = page.next_page_token;
  } while (token !== "");
  return cids;
}

function Pager({ page, pages, onPage }) {
  if (pages <= 1) return null;
  return html`<nav class="pager" aria-label="Pages of customers">
    <button type="button" class="button small" disabled=${page === 0} onClick=${() => onPage(page - 1)}>
      Previous</button>
    <span class="quiet">Page ${formatNumber(page + 1)} of ${formatNumber(pages)}</span>
    <button type="button" class="button small" disabled=${page >= pages - 1}
      onClick=${() => onPage(page + 1)}>Next</button></nav>`;
}

// Reads all of them once: 50,000 at most, a hundred quick pages. Searching and paging are then at hand.
function useCustomers(id) {
  const [state, setState] = useState({ cids: null, error: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const controller = new AbortController();
    allCustomers(id, controller.signal).then(
      (cids) => setState({ cids, error: null }),
      (error) => error.name === "AbortError" || setState({ cids: null, error }));
    return () => controller.abort();
  }, [id, turn]);
  return { ...state, reload: () => setTurn(turn + 1) };
}

export function JobCustomers({ id, total }) {
  const { cids, error, reload } = useCustomers(id);
  const [text, setText] = useState("");
  const [page, setPage] = useState(0);
  const needle = text.trim().toLowerCase();
  const found = (cids ?? []).filter((cid) => cid.toLowerCase().includes(needle));
  const pages = Math.ceil(found.length / PAGE_SIZE);
  const copyAll = async () => {
    const copied = await copyText(found.join("\n"));
    announce(copied ? `${count(found.length, "customer id")} copied` : "Could not be copied");
  };
  return html`<section class="card job-customers" aria-labelledby="customers-title">
    <div class="card-head"><h2 id="customers-title">Customers${" "}
      <span class="quiet">${formatNumber(total)}</span></h2>
      <input type="search" class="small-search" aria-label="Search in the customers of this job"
        placeholder="Search" value=${text} onInput=${(event) => {
          setText(event.target.value);
          setPage(0);
        }} />
      <button type="button" class="button small" disabled=${found.length === 0} onClick=${copyAll}>
        <${Icon} name="copy" />Copy ${needle ? "found" : "all"}</button></div>
    ${error && html`<${FailedLine} error=${error} onRetry=${reload} />`}
    ${!cids && !error && html`<${LoadingRows} rows=${3} what="the customers" />`}
    ${cids && found.length === 0 && html`<p class="quiet">
      ${needle ? "No customer of this job has that in its id." : "No customers were recorded."}</p>`}
    <ul class="cid-list">${found.slice(page * PAGE_SIZE, (page + 1) * PAGE_SIZE).map((cid) => html`
      <li key=${cid}><a href=${`/jobs?${new URLSearchParams({ cid })}`}
        data-tip="Jobs of this customer">${cid}</a></li>`)}</ul>
    <${Pager} page=${page} pages=${pages} onPage=${setPage} /></section>`;
}
