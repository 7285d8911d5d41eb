// CSV both ways: files that people drop on the form, and rows that they take away. Pure.

import { isHeaderWord } from "./cids.js";

const DELIMITERS = [",", ";", "\t", "|"];
// How many rows are looked at to guess delimiter and column.
const SAMPLE_ROWS = 200;

/** The text of a file, by its byte order mark; UTF-8 without one. */
export function decode(bytes) {
  const is = (...mark) => mark.every((byte, i) => bytes[i] === byte);
  const encoding = is(0xff, 0xfe) ? "utf-16le" : is(0xfe, 0xff) ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

/** The delimiter that splits most of the first lines; a comma if none does. */
function guessDelimiter(text) {
  const lines = text.split(/\r\n|\n|\r/, SAMPLE_ROWS);
  let best = { delimiter: ",", lines: 0 };
  for (const delimiter of DELIMITERS) {
    const count = lines.filter((line) => line.includes(delimiter)).length;
    if (count > best.lines) best = { delimiter, lines: count };
  }
  return best.delimiter;
}

/** Rows of trimmed cells, quoting as in RFC 4180; rows without any text are left out. */
export function parseCsv(text, delimiter = guessDelimiter(text)) {
  const rows = [];
  let row = [];
  let cell = "";
  let quoted = false;
  const endRow = () => {
    row.push(cell.trim());
    if (row.some((value) => value !== "")) rows.push(row);
    row = [];
    cell = "";
  };
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[(i += 1)];
      else quoted = false;
    } else if (c === '"' && cell.trim() === "") {
      quoted = true;
      cell = "";
    } else if (c === delimiter) {
      row.push(cell.trim());
      cell = "";
    } else if (c === "\n" || c === "\r") {
      endRow();
    } else {
      cell += c;
    }
  }
  endRow();
  return rows;
}

// What the ids of real customers look like: 32 hex digits, 7-digit numbers, names with underscores.
function looksLikeCid(cell) {
  return /^[0-9a-f]{32}$/i.test(cell) || /^\d{7}$/.test(cell) || /^\w+_sub_\w+$/.test(cell);
}

/**
 * Reads a file's text as a table: all its `rows`, their greatest `width`, whether the first one is a
 * header (`hasHeader`), and the `column` that most likely holds the customers.
 */
export function readTable(text) {
  const rows = parseCsv(text);
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const first = rows[0] ?? [];
  const body = rows.slice(1, SAMPLE_ROWS);
  const scores = Array.from({ length: width }, (_, column) =>
    body.filter((row) => looksLikeCid(row[column] ?? "")).length / Math.max(1, body.length));
  const likely = Math.max(0, scores.indexOf(Math.max(...scores)));
  const named = first.findIndex(isHeaderWord);
  // A header has a word that names customers, or no id above a column of ids.
  const hasHeader =
    rows.length > 1 && (named >= 0 || (scores[likely] > 0.5 && !first.some(looksLikeCid)));
  // The column with the title, unless another one is full of ids and this one has none.
  const byName = named >= 0 && (scores[named] > 0 || scores[likely] < 0.5);
  return { rows, width, hasHeader, column: byName ? named : likely };
}

/** The rows below the header. */
export function bodyOf(table) {
  return table.hasHeader ? table.rows.slice(1) : table.rows;
}

/** A title for each column. */
export function titlesOf(table) {
  return Array.from({ length: table.width }, (_, i) =>
    (table.hasHeader && table.rows[0][i]) || `Column ${i + 1}`);
}

/** The cells of the chosen column, without empty ones. */
export function cidsOf(table) {
  return bodyOf(table).map((row) => row[table.column] ?? "").filter((cell) => cell !== "");
}

// A cell that a spreadsheet would run as a formula is made text by a leading apostrophe.
function safeCell(value) {
  const text = String(value ?? "");
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

/** CSV text of rows (lists of values), safe to open in a spreadsheet. */
export function writeCsv(rows) {
  return rows.map((row) => row.map(safeCell).join(",") + "\r\n").join("");
}
