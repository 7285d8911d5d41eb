// What a job's fields mean to the person who reads them. Pure.

import { parseDuration } from "./format.js";

/** The look of a job: `status` for the badge, `unknown` if the cluster should be checked. */
export function outcomeOf(job) {
  const known = ["IN_PROGRESS", "SUCCESS", "FAILED"].includes(job.status);
  return {
    status: known ? job.status : "UNSPECIFIED",
    label: known ? job.status : "NOT RECORDED",
    unknown: job.effect === "UNKNOWN",
  };
}

/** The text behind a FAILED badge: "HTTP 401 - API returned status 401: Unauthorized". */
export function failureText(job) {
  if (job.status !== "FAILED") return "";
  const message = job.error_message || reasonText(job.failure_reason) || "No details were recorded";
  return job.http_status === undefined ? message : `HTTP ${job.http_status} - ${message}`;
}

const REASONS = {
  NOT_CALLED: ["Not called", "Given up before the first byte was sent to the cluster."],
  CONNECT_ERROR: ["No connection", "The cluster could not be reached; nothing was sent."],
  TIMEOUT: ["Timeout", "The cluster gave no complete answer in time."],
  CONNECTION_LOST: ["Connection lost", "The connection broke after the request had been sent."],
  HTTP_ERROR: ["HTTP error", "The cluster answered with a status other than 2xx."],
  INVALID_RESPONSE: ["Unreadable answer", "The cluster's answer says neither yes nor no."],
  REJECTED: ["Rejected", "The cluster answered success: false."],
  INTERRUPTED: ["Interrupted", "The service that made the call ended without telling the outcome."],
};

export const REASON_NAMES = Object.keys(REASONS);

export function reasonText(reason) {
  return REASONS[reason]?.[0] ?? "";
}

export function reasonHelp(reason) {
  return REASONS[reason]?.[1] ?? "";
}

const EFFECTS = {
  APPLIED: ["Applied", "The cluster took the action on."],
  NOT_APPLIED: ["Not applied", "The cluster did not act. It is safe to try again."],
  UNKNOWN: ["Unknown", "The cluster may have acted: check before repeating."],
};

export const EFFECT_NAMES = Object.keys(EFFECTS);

export function effectText(effect) {
  return EFFECTS[effect]?.[0] ?? "Not known yet";
}

/** One sentence: did the cluster act? */
export function effectSentence(job) {
  if (EFFECTS[job.effect]) return EFFECTS[job.effect][1];
  if (job.status === "IN_PROGRESS") return "The cluster has not answered yet.";
  return "The replaced system did not record whether the cluster acted.";
}

/** Seconds that the job took, or has been running for at `now`; null if nobody measured. */
export function secondsOf(job, now) {
  const measured = parseDuration(job.elapsed);
  if (measured !== null) return measured;
  if (job.status !== "IN_PROGRESS") return null;
  return Math.max(0, (now - Date.parse(job.created_at)) / 1000);
}

/** Roles that a person has and what they allow; the services check them again. */
export function rightsOf(me) {
  const has = (...roles) => roles.some((role) => me.roles.includes(role));
  return {
    run: has("operator", "admin"),
    readAll: has("auditor", "admin"),
    export: has("auditor", "admin"),
    settle: has("admin"),
  };
}

/** Whether an id is one that the action service makes (UUIDv7), so that its job may still be on the way to the ledger. */
export const isOurJobId = (id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id);

/** Why a job can't be run again by this person now; empty if it can. */
export function whyNoRerun(job, rights) {
  if (!rights.run) return "Running actions needs the role operator.";
  if (job.status === "IN_PROGRESS") return "The job is still in progress.";
  if (job.cluster === "") return "The replaced system did not record its cluster.";
  return "";
}

/** Why a person can't settle a job now; empty if they can. */
export function whyNoSettle(job, rights, now) {
  if (!rights.settle) return "Settling an outcome needs the role admin.";
  if (job.status === "IN_PROGRESS") {
    const overdue = Date.parse(job.deadline_at) < now;
    return overdue ? "" : "The job is not overdue: its outcome may still come.";
  }
  if (job.outcome_source === "TOLD" && job.effect !== "UNKNOWN") {
    return "The outcome is known: the service that made the call reported it.";
  }
  return "";
}

// Whether the service that made the call said how it ended; a person may then only add the effect.
function wasTold(job) {
  if (job.outcome_source === "TOLD") return true;
  return job.outcome_source === "RESOLVED" &&
    !["INTERRUPTED", "FAILURE_REASON_UNSPECIFIED"].includes(job.failure_reason);
}

/** The fields that settle `job` as a person says: the cluster did act, or did not. */
export function settlement(job, effect, reason) {
  const change = { effect, reason, etag: job.etag };
  if (!wasTold(job)) change.status = effect === "APPLIED" ? "SUCCESS" : "FAILED";
  return change;
}
