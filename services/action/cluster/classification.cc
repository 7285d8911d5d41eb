#include "services/action/cluster/classification.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstddef>
#include <utility>

#include "common/base/text.h"
#include "common/base/time_text.h"
#include "services/action/cluster/token_redaction.h"

namespace tms::action {
namespace {

namespace json = boost::json;
using tms::ledger::v1::Job;
using tms::ledger::v1::JobFinished;

// Enough to understand a failure; the whole answer is in the summary.
constexpr size_t kMaxMessageCharacters = 1000;
constexpr size_t kMaxQuotedCharacters = 200;
constexpr size_t kMaxUtf8Bytes = 4;  // of one character
// Must hold the longest refusal seen (3,048 characters); the ledger's limit.
constexpr size_t kMaxSummaryBytes = 8 * 1024;
// The cluster's answers are flat; a deep one is an attack or a mistake.
constexpr int kMaxJsonDepth = 32;

// The first `max_characters` of what a cluster sent, fit for one line.
std::string Quote(std::string_view text, size_t max_characters) {
  const std::string clean = Sanitize(Trim(text).substr(0, max_characters * kMaxUtf8Bytes));
  return std::string(Trim(CutCharacters(clean, max_characters)));
}

JobFinished Failed(Job::FailureReason reason, Job::Effect effect, std::string_view message) {
  JobFinished finished;
  finished.set_status(Job::FAILED);
  finished.set_failure_reason(reason);
  finished.set_effect(effect);
  finished.set_error_message(Quote(message, kMaxMessageCharacters));
  return finished;
}

JobFinished Succeeded() {
  JobFinished finished;
  finished.set_status(Job::SUCCESS);
  finished.set_effect(Job::APPLIED);
  return finished;
}

bool IsRedirect(int status) { return status >= 300 && status < 400; }

Job::Effect EffectOfHttpError(int status) {
  if (status == 307 || status == 308) return Job::NOT_APPLIED;
  const bool refused = status >= 400 && status < 500 && status != 408;
  return refused ? Job::NOT_APPLIED : Job::UNKNOWN;
}

// `body` is the answer's body without the token.
JobFinished ClassifyHttpError(const Answer& answer, std::string_view body,
                              std::string_view bearer_token) {
  std::string why;
  if (IsRedirect(answer.status)) {
    why = "redirect not followed";
  } else if (answer.status == 101) {
    why = "change of protocol not followed";
  } else {
    why = Quote(body, kMaxQuotedCharacters);
    if (why.empty()) {
      why = Quote(RedactToken(answer.reason_phrase, bearer_token), kMaxQuotedCharacters);
    }
  }
  std::string message = "API returned status " + std::to_string(answer.status);
  if (!why.empty()) message += ": " + why;
  return Failed(Job::HTTP_ERROR, EffectOfHttpError(answer.status), message);
}

JobFinished InvalidJson(std::string_view why) {
  return Failed(Job::INVALID_RESPONSE, Job::UNKNOWN, "Invalid JSON response: " + std::string(why));
}

std::string RefusalMessage(const json::object& answer) {
  const json::value* message = answer.if_contains("message");
  if (message == nullptr || message->is_null()) return "The cluster refused without a message";
  if (message->is_string()) return std::string(message->get_string());
  return json::serialize(*message);
}

JobFinished ClassifyBody(std::string_view body, std::string_view bearer_token) {
  if (Trim(body).empty()) return Succeeded();
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  json::error_code error;
  const json::value answer = json::parse(Trim(body), error, {}, options);
  if (error) return InvalidJson(error.message());
  const json::object* object = answer.if_object();
  const json::value* success = object != nullptr ? object->if_contains("success") : nullptr;
  if (success == nullptr) return Succeeded();
  if (!success->is_bool()) return InvalidJson("`success` is neither true nor false");
  if (success->get_bool()) return Succeeded();
  // Parsing has undone escapes, which may have brought the token to light once more.
  return Failed(Job::REJECTED, Job::NOT_APPLIED,
                RedactToken(RefusalMessage(*object), bearer_token));
}

// Everything about an answer of 2xx; the deadline was dealt with before.
JobFinished ClassifySuccessStatus(const CallFacts& facts, std::string_view bearer_token) {
  const Answer& answer = *facts.answer;
  if (facts.ending == Ending::kBroken) {
    return Failed(Job::INVALID_RESPONSE, Job::UNKNOWN, "Response body was cut: " + facts.detail);
  }
  if (facts.ending == Ending::kBodyTooLarge) {
    return Failed(Job::INVALID_RESPONSE, Job::UNKNOWN,
                  "Response body is larger than " + std::to_string(answer.body.size()) + " bytes");
  }
  return ClassifyBody(answer.body, bearer_token);
}

bool IsSuccessStatus(int status) { return status >= 200 && status < 300; }

// The rows of the table, in their order.
JobFinished ClassifyOutcome(const CallFacts& facts, std::string_view redacted_body,
                            std::string_view bearer_token) {
  if (facts.ending == Ending::kGivenUp) {
    return Failed(Job::NOT_CALLED, Job::NOT_APPLIED, facts.detail);
  }
  if (facts.answer && !IsSuccessStatus(facts.answer->status)) {
    return ClassifyHttpError(*facts.answer, redacted_body, bearer_token);
  }
  if (facts.ending == Ending::kTimedOut) {
    return Failed(Job::TIMEOUT, facts.request_bytes_written ? Job::UNKNOWN : Job::NOT_APPLIED,
                  "Request timeout after " + FormatSeconds(facts.timeout));
  }
  if (facts.answer) return ClassifySuccessStatus(facts, bearer_token);
  if (facts.request_bytes_written) {
    return Failed(Job::CONNECTION_LOST, Job::UNKNOWN, facts.detail);
  }
  return Failed(Job::CONNECT_ERROR, Job::NOT_APPLIED, facts.detail);
}

void Summarise(std::string_view redacted_body, JobFinished& finished) {
  // Repairing only adds bytes, so what is left out here would be cut below anyhow.
  const std::string text = RepairUtf8(redacted_body.substr(0, kMaxSummaryBytes + kMaxUtf8Bytes));
  const std::string_view summary = CutUtf8(text, kMaxSummaryBytes);
  finished.set_response_summary(std::string(summary));
  finished.set_response_summary_cut(summary.size() < text.size());
}

void SetElapsed(absl::Duration elapsed, JobFinished& finished) {
  absl::Duration rest;
  finished.mutable_elapsed()->set_seconds(absl::IDivDuration(elapsed, absl::Seconds(1), &rest));
  finished.mutable_elapsed()->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
}

}  // namespace

JobFinished Classify(const CallFacts& facts, std::string_view bearer_token) {
  const std::string body =
      facts.answer ? RedactToken(facts.answer->body, bearer_token) : std::string();
  JobFinished finished = ClassifyOutcome(facts, body, bearer_token);
  if (facts.answer) {
    finished.set_http_status(facts.answer->status);
    Summarise(body, finished);
    if (facts.ending == Ending::kBodyTooLarge) finished.set_response_summary_cut(true);
  }
  if (facts.ending != Ending::kGivenUp) SetElapsed(facts.elapsed, finished);
  return finished;
}

}  // namespace tms::action
