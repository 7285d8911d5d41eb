// Addresses and what they show. Links are plain <a href>, so that they open in new tabs too.

import { createStore } from "./store.js";

const read = () => ({ path: location.pathname, query: location.search.slice(1) });

export const address = createStore(read());

/** Goes to an address of this site; `replace` leaves no step to come back to. */
export function navigate(to, { replace = false } = {}) {
  const before = location.pathname;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  address.set(read());
  if (location.pathname !== before) window.scrollTo(0, 0);
}

function isPlainClick(event) {
  return event.button === 0 && !event.defaultPrevented &&
    !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
}

/** Begins to follow links and the browser's back and forward. */
export function startRouter() {
  window.addEventListener("popstate", () => address.set(read()));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || !isPlainClick(event) || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || url.pathname.startsWith("/api/")) return;
    event.preventDefault();
    if (url.pathname + url.search !== location.pathname + location.search) {
      navigate(url.pathname + url.search);
    }
  });
}

/** `{view, id}` of a path. */
export function routeOf(path) {
  const job = /^\/jobs\/([^/]+)$/.exec(path);
  if (job) return { view: "job", id: decodeURIComponent(job[1]) };
  const views = {
    "/": "overview", "/overview": "overview", "/jobs": "jobs", "/set-action": "set_action",
    "/login": "login",
  };
  return { view: views[path] ?? "nowhere", id: "" };
}

export const jobLink = (id) => `/jobs/${encodeURIComponent(id)}`;
