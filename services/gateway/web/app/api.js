// Calls of the gateway's HTTP API (docs/api.md).

import { sentence } from "./model/format.js";
import { createStore } from "./store.js";

/** An answer other than 2xx, or none: then `status` is 0. */
export class ApiError extends Error {
  constructor(status, problem) {
    super(sentence(problem.detail || "The server did not say why."));
    this.status = status;
    this.code = problem.code ?? "";
    this.reason = problem.reason ?? "";
    this.errors = problem.errors ?? [];
    this.correlationId = problem.correlation_id ?? "";
    /** Who is away where the gateway says that a service behind it is. */
    this.service = "ledger";
  }
}

/** Grows by one each time an answer says that nobody is logged in. */
export const sessionLost = createStore(0);
/** Grows by one each time somebody has logged in. */
export const sessionFound = createStore(0);

async function problemOf(response) {
  try {
    const body = await response.json();
    return { ...body, detail: body.detail ?? body.message };
  } catch {
    return { detail: `The server answered ${response.status}.` };
  }
}

/**
 * Answers with the JSON of a 2xx; throws ApiError. `params` is a URLSearchParams. `background`: nobody asked for it, so
 * it must not keep the session alive.
 */
export async function call(method, path, { params, body, signal, background = false } = {}) {
  const query = params?.toString();
  let response;
  try {
    response = await fetch(query ? `${path}?${query}` : path, {
      method,
      signal,
      credentials: "same-origin",
      headers: {
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(background ? { "X-Tms-Background": "1" } : {}),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, { detail: "The server can't be reached." });
  }
  if (!response.ok) {
    const error = new ApiError(response.status, await problemOf(response));
    if (response.status === 401 && path !== "/api/login") sessionLost.set((times) => times + 1);
    throw error;
  }
  try {
    return await response.json();
  } catch {
    throw new ApiError(0, { detail: "The answer broke off." });
  }
}

const get = (path, params, signal, background) => call("GET", path, { params, signal, background });
const jobPath = (id, rest = "") => `/api/v1/jobs/${encodeURIComponent(id)}${rest}`;

export const api = {
  me: (background) => get("/api/v1/me", undefined, undefined, background),
  login: (username, password) => call("POST", "/api/login", { body: { username, password } }),
  logout: () => call("POST", "/api/logout", { body: {} }),
  clusters: () => get("/api/v1/clusters"),
  actions: () => get("/api/v1/actions"),
  jobs: (params, signal, background) => get("/api/v1/jobs", params, signal, background),
  job: (id, signal, background) => get(jobPath(id), undefined, signal, background),
  jobBasic: (id, signal, background) =>
    get(jobPath(id), new URLSearchParams({ view: "BASIC" }), signal, background),
  events: (id, params, signal) => get(jobPath(id, "/events"), params, signal),
  customers: (id, params, signal) => get(jobPath(id, "/customers"), params, signal),
  stats: (params, signal, background) => get("/api/v1/jobs:stats", params, signal, background),
  setAction: (body) => call("POST", "/api/v1/actions", { body }),
  settle: (id, body) => call("PATCH", jobPath(id), { body }),
  watchUrl: (params, resumeToken) =>
    `/api/v1/jobs:watch?${params}${resumeToken ? `&resume_token=${encodeURIComponent(resumeToken)}` : ""}`,
  exportUrl: (params) => `/api/v1/jobs:export?${params}`,
};

// Catalogues change with a restart of the services; a page asks once.
const catalogues = new Map();

/** Clusters or actions, kept; a failed question is asked again next time. */
export function catalogue(name) {
  if (!catalogues.has(name)) {
    const answer = api[name]().then((found) => found[name]);
    answer.catch((error) => {
      catalogues.delete(name);
      error.service = "action service";
    });
    catalogues.set(name, answer);
  }
  return catalogues.get(name);
}
