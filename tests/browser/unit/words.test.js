import assert from "node:assert/strict";
import test from "node:test";

import { formatNumber, formatRunning, formatSeconds, parseDuration, prettyJson, relativeTime, sentence, shortId }
  from "../../../services/gateway/web/app/model/format.js";
import { effectSentence, failureText, isOurJobId, outcomeOf, rightsOf, settlement, whyNoRerun, whyNoSettle }
  from "../../../services/gateway/web/app/model/outcome.js";

test("numbers have separators and durations units that fit", () => {
  assert.equal(formatNumber("1234567"), "1,234,567");
  assert.deepEqual([null, 0, 0.0034, 0.9999, 1.52, 30, 59.9, 75, 7322].map(formatSeconds),
    ["–", "< 1 ms", "3 ms", "1 s", "1.5 s", "30 s", "1 min", "1 min 15 s", "2 h 2 min"]);
  assert.deepEqual([0, 0.4, 12.9, 75.2].map(formatRunning), ["0 s", "0 s", "12 s", "1 min 15 s"]);
  assert.equal(parseDuration("1.500s"), 1.5);
  assert.equal(parseDuration(undefined), null);
});

test("what a service says becomes a sentence, and names stay as they are", () => {
  assert.deepEqual(["the job is another user's", "needs role admin", "batch_id: too long", "Done.", "and now?"].map(sentence),
    ["The job is another user's.", "Needs role admin.", "batch_id: too long.", "Done.", "And now?"]);
});

test("times are coarse when relative", () => {
  const at = (seconds) => relativeTime(new Date(1e12 - seconds * 1000), 1e12);
  assert.deepEqual([0, 42, 61, 7200, 86_400, 3 * 86_400, -120].map(at),
    ["just now", "42 s ago", "1 min ago", "2 h ago", "1 day ago", "3 days ago", "in 2 min"]);
});

test("a failed job's tooltip is `HTTP 401 - …`, or the message alone without an answer", () => {
  const message = "API returned status 401: Unauthorized";
  assert.equal(failureText({ status: "FAILED", http_status: 401, error_message: message }),
    `HTTP 401 - ${message}`);
  assert.equal(failureText({ status: "FAILED", error_message: "Request timeout after 30s" }),
    "Request timeout after 30s");
  assert.equal(failureText({ status: "FAILED" }), "No details were recorded");
  assert.equal(failureText({ status: "SUCCESS", http_status: 200 }), "");
});

test("an unknown effect is never hidden behind FAILED", () => {
  assert.equal(outcomeOf({ status: "FAILED", effect: "UNKNOWN" }).unknown, true);
  assert.match(effectSentence({ effect: "UNKNOWN" }), /may have acted: check before repeating/);
  assert.equal(outcomeOf({ status: "STATUS_UNSPECIFIED" }).status, "UNSPECIFIED");
});

test("what can't be done to a job says why", () => {
  const admin = rightsOf({ roles: ["admin"] });
  const running = { status: "IN_PROGRESS", cluster: "a", deadline_at: "2026-01-01T00:00:30Z" };
  const at = Date.parse("2026-01-01T00:00:00Z");
  assert.match(whyNoRerun(running, admin), /in progress/);
  assert.match(whyNoRerun({ status: "FAILED", cluster: "a" }, rightsOf({ roles: ["viewer"] })), /operator/);
  assert.match(whyNoSettle(running, admin, at), /not overdue/);
  assert.equal(whyNoSettle(running, admin, at + 60_000), "");
  assert.match(whyNoSettle({ status: "FAILED", outcome_source: "TOLD", effect: "NOT_APPLIED" }, admin, at),
    /known/);
  assert.match(whyNoSettle(running, rightsOf({ roles: ["auditor"] }), at), /admin/);
});

test("settling leaves alone what the owner told", () => {
  const presumed = { outcome_source: "PRESUMED", failure_reason: "INTERRUPTED", etag: "7" };
  assert.deepEqual(settlement(presumed, "APPLIED", "seen"),
    { effect: "APPLIED", reason: "seen", etag: "7", status: "SUCCESS" });
  const told = { outcome_source: "TOLD", failure_reason: "TIMEOUT", etag: "2" };
  assert.equal("status" in settlement(told, "NOT_APPLIED", "seen"), false);
});

test("ids keep both ends; JSON is made readable, other text is left", () => {
  assert.equal(shortId("01a20a4c-4c97-728f-94ec-33c1b2081265"), "01a20a4c…081265");
  assert.equal(prettyJson('{"a":1}'), '{\n  "a": 1\n}');
  assert.equal(prettyJson("<html>"), "<html>");
});

test("only an id that the action service made may belong to a job that is still to come", () => {
  assert.equal(isOurJobId("01a20a4c-4c97-728f-94ec-33c1b2081265"), true);
  for (const other of ["", "nothing", "0ca20a4c-4c97-428f-94ec-33c1b2081265", "01a20a4c-4c97-728f-94ec-33c1b20812655"]) {
    assert.equal(isOurJobId(other), false, other);
  }
});
