// The requests that were confirmed and whose outcome is not known yet. They survive a reload, so that
// the page asks what became of one rather than sending it again. Holds no token and no customers.

const KEY = "tms.pending";
// Nobody leaves more of them open than this; the oldest goes first.
const MAX_KEPT = 20;

// How long the gateway lets a request wait for a slot and run: its timeout, else the longest there is, and a
// margin (docs/api.md, "Limits").
const LONGEST_TIMEOUT_S = 120;
const MARGIN_S = 15;

// The answers that tell for sure that this request did not call the cluster (docs/api.md, "Errors").
const NOT_CALLED = new Set([
  "ACTION_SERVICE_UNREACHABLE", "BODY_NOT_JSON", "BODY_TOO_LARGE", "CLUSTER_BUSY", "CROSS_SITE",
  "DEADLINE_IN_QUEUE", "DRAINING", "EARLIER_NOT_CALLED", "EXPECTATION_FAILED", "HEAD_TOO_LARGE",
  "HOST_NOT_ALLOWED", "HTTP_VERSION", "INVALID_FIELDS", "LEDGER_REFUSED", "LEDGER_UNAVAILABLE",
  "MALFORMED_REQUEST", "METHOD_NOT_ALLOWED", "NO_ROUTE", "NOT_LOGGED_IN", "NOT_YOURSELF",
  "ORIGIN_MISSING", "OVERLOADED", "PEER_NOT_ALLOWED", "PERSON_NOT_BELIEVED", "PERSON_REQUIRED",
  "REQUEST_ID_REUSED", "ROLE_MISSING", "ROLE_REQUIRED", "SPOOL_FULL", "SPOOL_UNAVAILABLE",
]);

/** Whether an error (ApiError) says that the cluster was not called. After any other it may have been. */
export function wasNotCalled(error) {
  return NOT_CALLED.has(error.reason);
}

/** A fresh request id; works on plain HTTP, where crypto.randomUUID does not exist. */
export function newRequestId(crypto = globalThis.crypto) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `web-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** What makes two confirmed requests the same for the ledger, as one short text. */
function contentKey({ cluster, action, cids, batchId }) {
  // FNV-1a, twice with other offsets: tells apart, protects nothing.
  const hash = (text, offset) => {
    let value = offset;
    for (let i = 0; i < text.length; i += 1) {
      value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
    }
    return value.toString(16);
  };
  const text = JSON.stringify([cluster, action, batchId, cids]);
  return `${hash(text, 0x811c9dc5)}-${hash(text, 0x1b873593)}`;
}

/** All that are kept, the latest last. */
export function loadPending(storage) {
  try {
    const kept = JSON.parse(storage.getItem(KEY));
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.requestId === "string") : [];
  } catch {
    return [];
  }
}

/**
 * The pending request for this content: the one among those `kept` if it is the same, so that the ledger
 * knows it `again`; else a new one. `user` is whose it is. After `lastStart` it can't begin any more.
 */
export function makePending(kept, user, content, now) {
  const key = contentKey(content);
  const earlier = kept.find((one) => one.user === user && one.key === key);
  const seconds = content.timeoutSeconds ? Math.floor(content.timeoutSeconds) + 1 : LONGEST_TIMEOUT_S;
  return {
    requestId: earlier?.requestId ?? newRequestId(),
    again: earlier !== undefined,
    user,
    key,
    cluster: content.cluster,
    action: content.action,
    count: content.cids.length,
    timeoutSeconds: content.timeoutLimit,
    startedAt: now,
    lastStart: now + (Math.min(seconds, LONGEST_TIMEOUT_S) + MARGIN_S) * 1000,
  };
}

function without(storage, pending) {
  return loadPending(storage).filter((one) => one.requestId !== pending.requestId);
}

/** Keeps it as the latest. */
export function savePending(storage, pending) {
  const kept = [...without(storage, pending), pending].slice(-MAX_KEPT);
  storage.setItem(KEY, JSON.stringify(kept));
}

export function clearPending(storage, pending) {
  const kept = without(storage, pending);
  if (kept.length > 0) storage.setItem(KEY, JSON.stringify(kept));
  else storage.removeItem(KEY);
}
