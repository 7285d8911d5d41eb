// CSV both ways: files that people drop on the form, and rows that they take away. Pure.

import { isHeaderWord, splitText } from "./cids.js";

/** Stands for a table's `column` where every cell is a customer. */
export const ALL_COLUMNS = -1;

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

// One id of 7 digits, or several with the separators of typed text between them.
const NUMBERS = /^\d{7}(?:[\s,;]+\d{7})*$/;

// What the ids of real customers look like: 32 hex digits, 7-digit numbers, names with underscores.
function looksLikeCid(cell) {
  return /^[0-9a-f]{32}$/i.test(cell) || /^\d{7}$/.test(cell) || /^\w+_sub_\w+$/.test(cell);
}

// How many cells of each column look like ids, and how many hold anything.
function countIds(rows, width) {
  return Array.from({ length: width }, (_, column) => {
    const cells = rows.map((row) => row[column] ?? "").filter((cell) => cell !== "");
    return { ids: cells.filter(looksLikeCid).length, filled: cells.length };
  });
}

// Whether cells without a header are one list, broken into lines anywhere.
function isLoose(rows, columns) {
  return rows.length === 1 || rows.some((row) => row.length !== columns.length) ||
    columns.every(({ ids, filled }) => ids * 2 >= filled);
}

function asTable(rows) {
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const first = rows[0] ?? [];
  // Only a word that names customers makes a header: an odd id in front is an id.
  const named = first.some(looksLikeCid) ? -1 : first.findIndex(isHeaderWord);
  const hasHeader = rows.length > 1 && named >= 0;
  const body = rows.slice(hasHeader ? 1 : 0, SAMPLE_ROWS);
  const columns = countIds(body, width);
  const ids = columns.map((column) => column.ids);
  const likely = Math.max(0, ids.indexOf(Math.max(...ids)));
  // One title above rows of many cells stands for all of them.
  const loose = hasHeader ? first.length === 1 : isLoose(rows, columns);
  if (loose && width > 1) return { rows, width, hasHeader, column: ALL_COLUMNS };
  // The column with the title, unless another one is full of ids and this one has none.
  const byName = hasHeader && (ids[named] > 0 || ids[likely] * 2 < body.length);
  return { rows, width, hasHeader, column: byName ? named : likely };
}

function asList(words, hasHeader) {
  return { rows: words.map((word) => [word]), width: 1, hasHeader, column: 0 };
}

/**
 * Reads a file's text as a table: all its `rows`, their greatest `width`, whether the first one is a
 * header (`hasHeader`), and the `column` that most likely holds the customers, or ALL_COLUMNS. A .txt
 * without titled columns is split as typed text is, and so are cells that hold several 7-digit ids.
 */
export function readTable(text, name = "") {
  const table = asTable(parseCsv(text));
  if (/\.txt$/i.test(name) && !(table.hasHeader && table.rows[0].length > 1)) {
    const words = splitText(text);
    return asList(words, words.length > 1 && isHeaderWord(words[0]));
  }
  const cells = cidsOf(table);
  if (!cells.every((cell) => NUMBERS.test(cell)) || cells.every(looksLikeCid)) return table;
  const title = table.hasHeader ? [headerOf(table)] : [];
  return asList([...title, ...cells.flatMap(splitText)], table.hasHeader);
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

/** The titles that were left out, as one text; empty if the first row is data. */
export function headerOf(table) {
  return table.hasHeader ? table.rows[0].filter((title) => title !== "").join(", ") : "";
}

/** Whether the cells of a column count as customers. */
export function isChosen(table, column) {
  return table.column === ALL_COLUMNS || table.column === column;
}

/** The cells that are customers, without empty ones. */
export function cidsOf(table) {
  return bodyOf(table).flatMap((row) => row.filter((cell, column) => cell !== "" && isChosen(table, column)));
}

// What a spreadsheet may take for the begin of a formula, also after blanks and in full width.
const FORMULA = /^(?:[\s\u0000-\u001f\u007f]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])/;

// Such a cell is made text by a leading apostrophe.
function safeCell(value) {
  const text = String(value ?? "");
  const inert = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

/** CSV text of rows (lists of values), safe to open in a spreadsheet. */
export function writeCsv(rows) {
  return rows.map((row) => row.map(safeCell).join(",") + "\r\n").join("");
}
