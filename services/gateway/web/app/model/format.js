// Numbers, times and durations as people read them. Pure: the current time is a parameter.

// Made when first needed: it takes some milliseconds.
let numbers = null;

/** 1234567 → "1,234,567". Takes the API's 64-bit numbers, which are text. */
export function formatNumber(value) {
  const number = Number(value ?? 0);
  if (Number.isInteger(number) && Math.abs(number) < 1000) return String(number);
  numbers ??= new Intl.NumberFormat("en");
  return numbers.format(number);
}

/** "1 customer", "1,342 customers". */
export function count(value, one, many = `${one}s`) {
  return `${formatNumber(value)} ${Number(value) === 1 ? one : many}`;
}

/** Seconds of a protobuf duration in JSON ("1.5s"); null if there is none. */
export function parseDuration(text) {
  const match = /^(-?\d+(?:\.\d+)?)s$/.exec(text ?? "");
  return match ? Number(match[1]) : null;
}

/** 0.0034 → "3 ms", 1.52 → "1.5 s", 75 → "1 min 15 s"; an en dash for null. */
export function formatSeconds(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 0.0005) return "< 1 ms";
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  const units = [["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => whole >= size);
  const [name, size] = units[first];
  const parts = [`${Math.floor(whole / size)} ${name}`];
  const [nextName, nextSize] = units[first + 1];
  const rest = Math.floor((whole % size) / nextSize);
  if (rest > 0) parts.push(`${rest} ${nextName}`);
  return parts.join(" ");
}

/** A time that still runs, in whole seconds. */
export const formatRunning = (seconds) => (seconds < 1 ? "0 s" : formatSeconds(Math.floor(seconds)));

/** What a service says as a sentence: a name that it begins with stays as it is. */
export function sentence(text) {
  const begun = /^[a-z]+[ ']/.test(text) ? text[0].toUpperCase() + text.slice(1) : text;
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}

/** How long ago, coarse: "just now", "5 min ago", "3 h ago", "2 days ago"; later times "in …". */
export function relativeTime(date, now) {
  const seconds = Math.round((now - date) / 1000);
  const distance = Math.abs(seconds);
  if (distance < 5) return "just now";
  const steps = [[60, 1, "s"], [3600, 60, "min"], [86_400, 3600, "h"], [Infinity, 86_400, "day"]];
  const [, size, unit] = steps.find(([limit]) => distance < limit);
  const value = Math.floor(distance / size);
  const text = `${formatNumber(value)} ${unit}${unit === "day" && value !== 1 ? "s" : ""}`;
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

const two = (value) => String(value).padStart(2, "0");

/** Local time, sortable: "2026-01-31 13:17:04". */
export function localTime(date) {
  return `${localDay(date)} ${two(date.getHours())}:${two(date.getMinutes())}:` +
    two(date.getSeconds());
}

export function localDay(date) {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

// Asked once: it takes a millisecond, and a list names the zone in each row.
let zone = null;

/** "Europe/Berlin, UTC+1" for the reader's own zone. */
export function zoneName(date = new Date()) {
  zone ??= Intl.DateTimeFormat().resolvedOptions().timeZone || "local time";
  const offset = -date.getTimezoneOffset();
  if (offset === 0 && zone === "UTC") return "UTC";
  const hours = Math.floor(Math.abs(offset) / 60);
  const minutes = Math.abs(offset) % 60;
  return `${zone}, UTC${offset < 0 ? "−" : "+"}${hours}${minutes ? `:${two(minutes)}` : ""}`;
}

/** Both ends of a job id: its time, and what tells it from its neighbours. */
export function shortId(jobId) {
  return jobId.length > 18 ? `${jobId.slice(0, 8)}…${jobId.slice(-6)}` : jobId;
}

/** JSON indented for reading; other text as it is. */
export function prettyJson(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
