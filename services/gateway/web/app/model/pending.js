// The request that was confirmed and whose outcome is not known yet. It survives a reload, so that
// the page asks what became of it rather than sending it again. Holds no token and no customers.

const KEY = "tms.pending";

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

export function loadPending(storage) {
  try {
    const pending = JSON.parse(storage.getItem(KEY));
    return typeof pending?.requestId === "string" ? pending : null;
  } catch {
    return null;
  }
}

/**
 * The pending request for this content: the earlier one if it is the same, so that the ledger knows
 * it `again`; else a new one. `user` is whose it is.
 */
export function makePending(earlier, user, content, timeoutSeconds, now) {
  const key = contentKey(content);
  const again = earlier?.user === user && earlier.key === key;
  return {
    requestId: again ? earlier.requestId : newRequestId(),
    again,
    user,
    key,
    cluster: content.cluster,
    action: content.action,
    count: content.cids.length,
    timeoutSeconds,
    startedAt: now,
  };
}

export function savePending(storage, pending) {
  storage.setItem(KEY, JSON.stringify(pending));
}

export function clearPending(storage) {
  storage.removeItem(KEY);
}
