import assert from "node:assert/strict";
import test from "node:test";

import { countConditions, fromQuery, matches, NO_FILTERS, stateCounts, stateOf, toCountParams,
  toListParams, toQuery, toWatchParams } from "../../../services/gateway/web/app/model/filters.js";

const QUERY = "statuses=FAILED&effects=UNKNOWN&failure_reasons=TIMEOUT&failure_reasons=HTTP_ERROR" +
  "&action_codes=3&clusters=a%2Bb&user_ids=ann&cid=100+1&batch_id=b&request_id=r&http_status=401" +
  "&created_after=2026-01-01T00%3A00%3A00Z&created_before=2026-02-01T00%3A00%3A00Z&order=oldest";

test("every filter of ListJobs survives the way through the address", () => {
  const filters = fromQuery(QUERY);
  assert.equal(toQuery(filters), QUERY);
  assert.equal(filters.cid, "100 1");
  const sent = toListParams(filters, 0);
  for (const name of Object.keys(NO_FILTERS).filter((one) => one !== "range" && one !== "order")) {
    assert.ok(sent.getAll(name).length > 0, name);
  }
});

test("what the API would refuse is dropped from an address", () => {
  assert.deepEqual(fromQuery("statuses=NO&effects=%3Cscript%3E&http_status=9999&created_after=soon" +
    "&range=__proto__&action_codes=x&unknown=1&order=sideways"), { ...NO_FILTERS });
});

test("a named range moves with the time", () => {
  const filters = fromQuery("range=24h");
  assert.equal(toListParams(filters, Date.parse("2026-01-02T00:00:00Z")).get("created_after"),
    "2026-01-01T00:00:00.000Z");
  assert.equal(toQuery(filters), "range=24h");
});

test("counts are asked for only where the statistics can know them", () => {
  assert.equal(toCountParams(fromQuery("cid=1"), 0), null);
  const params = toCountParams(fromQuery("clusters=a&statuses=FAILED"), 0);
  assert.deepEqual(params.getAll("group_by"), ["STATUS", "EFFECT"]);
  assert.deepEqual([params.get("clusters"), params.get("statuses")], ["a", null]);
});

test("states count each job once, unknown outcomes besides", () => {
  assert.deepEqual(stateCounts([
    { status: "SUCCESS", effect: "APPLIED", job_count: "5" },
    { status: "FAILED", effect: "UNKNOWN", job_count: "2" },
    { status: "FAILED", effect: "NOT_APPLIED", job_count: "3" },
    { status: "IN_PROGRESS", effect: "EFFECT_UNSPECIFIED", job_count: "1" },
  ]), { all: 11, in_progress: 1, success: 5, failed: 5, unknown: 2 });
  assert.equal(stateOf(fromQuery("effects=UNKNOWN")), "unknown");
  assert.equal(stateOf(fromQuery("statuses=FAILED&statuses=SUCCESS")), "");
  assert.equal(countConditions(fromQuery("statuses=FAILED&cid=1")), 1);
});

test("a watch leaves out what a change can change, and the page decides that", () => {
  assert.equal(toWatchParams(fromQuery("statuses=FAILED&clusters=a&http_status=401")).toString(),
    "clusters=a");
  const filters = fromQuery("statuses=IN_PROGRESS");
  assert.equal(matches(filters, { status: "IN_PROGRESS", effect: "EFFECT_UNSPECIFIED" }), true);
  assert.equal(matches(filters, { status: "SUCCESS", effect: "APPLIED" }), false);
});
