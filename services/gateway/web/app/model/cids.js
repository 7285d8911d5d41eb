// Customer ids as people give them: typed, pasted, or read from files. Pure.

export const MAX_CIDS = 50_000;
const MAX_CHARACTERS = 128;
// Where the action service cuts an error message.
const MAX_MESSAGE_CHARACTERS = 1000;

// Column titles that are met where a list of customers begins.
const HEADER_WORDS = new Set([
  "cid", "cids", "customer", "customers", "customerid", "customerids", "customernumber", "id", "ids",
  "kunde", "kunden", "kundenid", "kundennummer", "mandant", "mandanten", "mandantid", "tenant", "tenantid",
]);

/** Whether a text is the title of a column of customers rather than a customer. */
export function isHeaderWord(text) {
  return HEADER_WORDS.has(text.toLowerCase().replace(/[\s_-]+/g, ""));
}

/** Why the ActionService would refuse this id; empty if it would not. */
export function whyInvalid(cid) {
  const length = [...cid].length;
  if (length === 0) return "is empty";
  if (length > MAX_CHARACTERS) return `is longer than ${MAX_CHARACTERS} characters`;
  if (/[\p{Cc}\p{Cs}]/u.test(cid)) {
    return "has characters that can't be printed";
  }
  return "";
}

/**
 * Splits typed or pasted text at commas, semicolons, tabs, blanks and line ends, in any mixture.
 * Quotes keep what is between them together; brackets around a whole list are dropped.
 */
export function splitText(text) {
  const inner = text.trim().replace(/^\[([^]*)\]$/, "$1");
  const words = [];
  const pattern = /"([^"\n]*)"|'([^'\n]*)'|([^\s,;]+)/g;
  for (const match of inner.matchAll(pattern)) {
    const word = (match[1] ?? match[2] ?? match[3]).trim();
    if (word !== "") words.push(word);
  }
  return words;
}

/** The ids of typed text, and the title in front of them that was left out: `header`, empty without one. */
export function parseText(text) {
  const words = splitText(text);
  const hasHeader = words.length > 1 && isHeaderWord(words[0]);
  return hasHeader ? { cids: words.slice(1), header: words[0] } : { cids: words, header: "" };
}

/**
 * Joins the lists of all sources in their order. Ids are taken as they are: those of a job may hold anything.
 * Returns the distinct valid `cids`, how many `duplicates` were dropped, and the `invalid` ones
 * as `{cid, why}`.
 */
export function combine(lists) {
  const seen = new Set();
  const invalid = [];
  let duplicates = 0;
  for (const list of lists) {
    for (const cid of list) {
      const why = whyInvalid(cid);
      if (why !== "") {
        invalid.push({ cid, why });
      } else if (seen.has(cid)) {
        duplicates += 1;
      } else {
        seen.add(cid);
      }
    }
  }
  return { cids: [...seen], duplicates, invalid };
}

/**
 * Ids that a cluster refused, read from its message (`those CIDs ['…', '…'] do not exist`).
 * Only ids that were sent are returned, in the order of the message.
 */
export function refusedCids(message, sent) {
  const known = new Set(sent);
  const found = new Set();
  for (const [, list, end] of message.matchAll(/\[([^\]]*)(\]?)/g)) {
    // What stands last in a list that was cut may be the beginning of another id.
    const whole = end ? list : list.slice(0, Math.max(0, list.lastIndexOf(",")));
    for (const word of splitText(whole)) if (known.has(word)) found.add(word);
  }
  return [...found];
}

// The cluster's own message in its answer, or in as much of it as is kept.
function messageIn(answer) {
  try {
    return JSON.parse(answer).message;
  } catch {
    return answer;
  }
}

/** What a job tells of the refused among the `sent`: `{refused, cut}`. With `cut` there may be more of them. */
export function refusalOf(job, sent) {
  const own = messageIn(job.response_summary ?? "");
  const isOwn = typeof own === "string" && own !== "";
  const message = isOwn ? own : job.error_message ?? "";
  const shortened = isOwn ? job.response_summary_cut : [...message].length >= MAX_MESSAGE_CHARACTERS;
  const open = /\[[^\]]*$/.test(message);
  return { refused: refusedCids(message, sent), cut: Boolean(shortened) || open };
}

/** `cids` without those in `without`, in their order. */
export function others(cids, without) {
  const left = new Set(without);
  return cids.filter((cid) => !left.has(cid));
}
