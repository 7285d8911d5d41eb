import assert from "node:assert/strict";
import test from "node:test";

import { combine, MAX_CIDS, others, parseText, refusalOf, refusedCids, splitText, whyInvalid }
  from "../../../services/gateway/web/app/model/cids.js";

test("commas, semicolons, blanks, tabs and lines may be mixed", () => {
  assert.deepEqual(splitText("1000001, 1000002\n1000003;1000004\t 1000005\r\n\n,,"),
    ["1000001", "1000002", "1000003", "1000004", "1000005"]);
});

test("quotes keep an id with blanks together, and a pasted list loses its brackets", () => {
  assert.deepEqual(splitText(`["alpha one", 'beta']`), ["alpha one", "beta"]);
  assert.deepEqual(splitText(`a "b c"\n"d`), ["a", "b c", "\"d"]);
});

test("ids of 7 digits, leading zeros and odd names are kept as they are", () => {
  const odd = ["0000001", "1234567", "alpha_9_sub_x", "Ünï-cødé", "0x12", "1e5", "a/b:c"];
  assert.deepEqual(combine([odd]).cids, odd);
});

test("a header word in front is left out, but never taken from a list of one", () => {
  assert.deepEqual(parseText("customer_id\n1000001"), { cids: ["1000001"], header: "customer_id" });
  assert.deepEqual(parseText("CIDs, a"), { cids: ["a"], header: "CIDs" });
  assert.deepEqual(parseText("Mandant;a"), { cids: ["a"], header: "Mandant" });
  assert.deepEqual(parseText("cid"), { cids: ["cid"], header: "" });
});

test("duplicates over all sources are counted and dropped, the first place stays", () => {
  assert.deepEqual(combine([["b", "a", "b"], ["a", "c"]]),
    { cids: ["b", "a", "c"], duplicates: 2, invalid: [] });
});

test("ids that were sent before are taken as they are, whatever stands in them", () => {
  const sent = ["id", "Acme West", "b, c", "x;y", "\u00a0z", "'q'"];
  assert.deepEqual(combine([sent]), { cids: sent, duplicates: 0, invalid: [] });
});

test("what the service would refuse is named with its reason", () => {
  const long = "x".repeat(129);
  const { cids, invalid } = combine([["ok", long, "bell\u0007", "\ud800"]]);
  assert.deepEqual(cids, ["ok"]);
  assert.deepEqual(invalid.map(({ why }) => why), [
    "is longer than 128 characters", "has characters that can't be printed",
    "has characters that can't be printed"]);
  assert.equal(whyInvalid("😀".repeat(128)), "", "characters count, not code units");
  assert.equal(whyInvalid("x"), "");
});

test("50,000 ids are read in well under a second", () => {
  const text = Array.from({ length: MAX_CIDS }, (_, i) => i.toString(16).padStart(32, "0")).join(",\n");
  assert.equal(combine([parseText(text).cids]).cids.length, MAX_CIDS);
});

test("refused ids are read from the cluster's message, only those that were sent", () => {
  const message = "those CIDs ['1000001', 'b, c', 'stranger'] do not exist";
  assert.deepEqual(refusedCids(message, ["1000001", "b, c", "d"]), ["1000001", "b, c"]);
  assert.deepEqual(refusedCids("those CIDs ['1000001', '10000", ["1000001", "1000002"]), ["1000001"],
    "a message that was cut");
  assert.deepEqual(refusedCids("those CIDs [1000001, 10000", ["1000001", "10000"]), ["1000001"],
    "a message that was cut within an id");
  assert.deepEqual(refusedCids("TMS bootstrap status(INIT) is not Ready", ["INIT"]), []);
  assert.deepEqual(others(["a", "b", "c"], ["b"]), ["a", "c"]);
});

test("a cut answer or message is told from a whole one", () => {
  const sent = ["1000001", "1000002", "1000003"];
  const message = "those CIDs ['1000001', '1000002'] do not exist";
  const whole = { refused: ["1000001", "1000002"], cut: false };
  const answer = JSON.stringify({ success: false, message });
  const kept = { response_summary: answer, response_summary_cut: false };
  assert.deepEqual(refusalOf(kept, sent), whole);
  assert.deepEqual(refusalOf({ error_message: message }, sent), whole);
  assert.deepEqual(refusalOf({ ...kept, response_summary: '{"success":false}', error_message: message }, sent), whole);
  const first = { refused: ["1000001"], cut: true };
  assert.deepEqual(refusalOf({ ...kept, response_summary: answer.slice(0, -25), response_summary_cut: true }, sent), first);
  assert.deepEqual(refusalOf({ error_message: message.slice(0, 28) }, sent), first);
  assert.equal(refusalOf({ error_message: message.padEnd(1000, ".") }, sent).cut, true);
});
