import assert from "node:assert/strict";
import test from "node:test";

import { ALL_COLUMNS, bodyOf, cidsOf, decode, headerOf, parseCsv, readTable, titlesOf, writeCsv }
  from "../../../services/gateway/web/app/model/csv.js";

const hex = (i) => i.toString(16).padStart(32, "a");

test("quotes, doubled quotes, line ends and delimiters are read as RFC 4180 says", () => {
  assert.deepEqual(parseCsv('a,"b ""c"", d"\r\n\r\n"x\ny",z\n'), [["a", 'b "c", d'], ["x\ny", "z"]]);
  assert.deepEqual(parseCsv("a;b\n1;2"), [["a", "b"], ["1", "2"]]);
  assert.deepEqual(parseCsv("a\tb\r1\t2"), [["a", "b"], ["1", "2"]]);
});

test("a file of 7-digit numbers keeps every one, also the first", () => {
  const table = readTable("1000001\n1000002\n1000003\n");
  assert.equal(table.hasHeader, false);
  assert.deepEqual(cidsOf(table), ["1000001", "1000002", "1000003"]);
});

test("the header is recognised by its words and the column chosen by it", () => {
  const table = readTable(`name,Customer ID,date\nAnn,1000001,2026\nBob,${hex(1)},2026\n`);
  assert.deepEqual([table.hasHeader, table.column], [true, 1]);
  assert.deepEqual(titlesOf(table), ["name", "Customer ID", "date"]);
  assert.deepEqual(cidsOf(table), ["1000001", hex(1)]);
});

test("without a telling header the column full of ids is chosen, and its first row counts", () => {
  const table = readTable(`when,who\n2026-01-01,${hex(1)}\n2026-01-02,${hex(2)}\n`);
  assert.deepEqual([table.hasHeader, table.column], [false, 1]);
  assert.deepEqual(cidsOf(table), ["who", hex(1), hex(2)]);
  assert.deepEqual(cidsOf({ ...table, hasHeader: true }), [hex(1), hex(2)]);
});

test("an odd id in front is no header; a header is named", () => {
  const odd = readTable("acme-west\n1000001\n1000002\n");
  assert.deepEqual([cidsOf(odd), headerOf(odd)], [["acme-west", "1000001", "1000002"], ""]);
  for (const title of ["id", "CID", "Customer", "customer_id", "customer id", "Mandant"]) {
    const table = readTable(`${title},since\n1000001,2024\n`);
    assert.deepEqual([cidsOf(table), headerOf(table)], [["1000001"], `${title}, since`]);
  }
  assert.deepEqual(cidsOf(readTable("1000001,customer\n1000002,customer\n")), ["1000001", "1000002"]);
});

test("commas and lines may be mixed: every cell is kept", () => {
  const read = (text) => {
    const table = readTable(text, "list.csv");
    return [table.column, cidsOf(table)];
  };
  assert.deepEqual(read("1000001,1000002,1000003"), [ALL_COLUMNS, ["1000001", "1000002", "1000003"]]);
  assert.deepEqual(read("1,2\n3\n4,5"), [ALL_COLUMNS, ["1", "2", "3", "4", "5"]]);
  assert.deepEqual(read("1000001,1000002,\n1000003,1000004,\n"),
    [ALL_COLUMNS, ["1000001", "1000002", "1000003", "1000004"]]);
  assert.deepEqual(read('acme,"b, c"'), [ALL_COLUMNS, ["acme", "b, c"]]);
  assert.deepEqual(read("cid\n1,2\n3"), [ALL_COLUMNS, ["1", "2", "3"]], "one title above all of them");
  assert.deepEqual(read("acme,Berlin\nnorth,Madrid\n"), [0, ["acme", "north"]], "a table of other things");
});

test("a .txt file is split as typed text is, unless it is a titled table", () => {
  const ids = (text, name) => cidsOf(readTable(text, name));
  assert.deepEqual(ids("acme west\nnorth;1000001", "a.TXT"), ["acme", "west", "north", "1000001"]);
  assert.deepEqual(ids("cid\n1 2,3", "a.txt"), ["1", "2", "3"]);
  assert.deepEqual(ids("name\tcid\nAnn Lee\t1000001\n", "a.txt"), ["1000001"]);
  assert.deepEqual(ids("Acme West\n", "a.csv"), ["Acme West"]);
  assert.deepEqual(ids("", "a.txt"), []);
});

test("cells that hold several 7-digit ids are taken apart in any file", () => {
  assert.deepEqual(cidsOf(readTable("1000001 1000002\n1000003\n", "a.csv")), ["1000001", "1000002", "1000003"]);
  const titled = readTable("cid\n1000001;1000002\n1000003,1000004 1000005\n", "a.csv");
  assert.deepEqual(cidsOf(titled), ["1000001", "1000002", "1000003", "1000004", "1000005"]);
  assert.equal(headerOf(titled), "cid");
});

test("a column called id that holds row numbers loses to the one full of ids", () => {
  const table = readTable(`id,device\n1,${hex(1)}\n2,${hex(2)}\n`);
  assert.equal(table.column, 1);
});

test("rows shorter than others and empty cells give no ids", () => {
  const table = { ...readTable("cid,x\n1000001,a\n,b\n1000002\n"), column: 0 };
  assert.deepEqual(cidsOf(table), ["1000001", "1000002"]);
  assert.equal(bodyOf(table).length, 3);
});

test("byte order marks of UTF-8 and UTF-16 are understood", () => {
  const bytes = (...list) => new Uint8Array(list);
  assert.equal(decode(bytes(0xef, 0xbb, 0xbf, 0x61)), "a");
  assert.equal(decode(bytes(0xff, 0xfe, 0x61, 0x00)), "a");
  assert.equal(decode(bytes(0xfe, 0xff, 0x00, 0x61)), "a");
});

test("S22: no cell of a file that we write is a formula", () => {
  assert.equal(writeCsv([["=1+1", "@x", "-1", "+2", "\tx", "plain", null, 'a"b', "a,b"]]),
    `'=1+1,'@x,'-1,'+2,'\tx,plain,,"a""b","a,b"\r\n`);
  assert.equal(writeCsv([["\u007f=1"]]), "'\u007f=1\r\n");
  assert.equal(writeCsv([[" =1", "\u0001+2", "\uff1d3", "a=1", " a"]]), "' =1,'\u0001+2,'\uff1d3,a=1, a\r\n");
});
