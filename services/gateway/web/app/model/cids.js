// Customer ids as people give them: typed, pasted, or read from files. Pure.

export const MAX_CIDS = 50_000;
const MAX_CHARACTERS = 128;

// Column titles that are met where a list of customers begins.
const HEADER_WORDS = new Set([
  "cid", "cids", "customer", "customers", "customerid", "customerids", "customernumber", "id", "ids",
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

/** The ids of typed text, and whether a title in front of them was left out. */
export function parseText(text) {
  const words = splitText(text);
  const hasHeader = words.length > 1 && isHeaderWord(words[0]);
  return { cids: hasHeader ? words.slice(1) : words, hasHeader };
}

/**
 * Joins the lists of all sources in their order.
 * Returns the distinct valid `cids`, how many `duplicates` were dropped, and the `invalid` ones
 * as `{cid, why}`.
 */
export function combine(lists) {
  const seen = new Set();
  const invalid = [];
  let duplicates = 0;
  for (const list of lists) {
    for (const raw of list) {
      const cid = raw.trim();
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
  for (const list of message.matchAll(/\[([^\]]*)\]?/g)) {
    for (const word of splitText(list[1])) if (known.has(word)) found.add(word);
  }
  return [...found];
}

/** `cids` without those in `without`, in their order. */
export function others(cids, without) {
  const left = new Set(without);
  return cids.filter((cid) => !left.has(cid));
}
