#include "services/ledger/sqlite/event_digest.h"

#include <optional>
#include <string>

#include "common/base/digest.h"

namespace tms::ledger {
namespace {

void AddOptional(const std::optional<std::string>& text, PartsEncoder& parts) {
  parts.Add(int{text.has_value()}).Add(text.value_or(""));
}

}  // namespace

sqlite::Blob EventDigest(const JobStart& start, const sqlite::Blob& cids_digest) {
  PartsEncoder parts;
  parts.Add("STARTED").Add(start.user_id).Add(start.batch_id).Add(start.action_code);
  parts.Add(start.action_name).Add(start.cluster).Add(start.cluster_url);
  parts.Add(cids_digest.bytes).Add(start.request_id).Add(start.fingerprint);
  parts.Add(absl::ToInt64Milliseconds(start.timeout)).Add(start.source_ip).Add(start.rerun_of);
  return {Sha256(parts.bytes())};
}

sqlite::Blob EventDigest(const JobFinish& finish) {
  const Outcome& outcome = finish.outcome;
  PartsEncoder parts;
  parts.Add("FINISHED").Add(ToWord(outcome.status)).Add(outcome.http_status.value_or(-1));
  parts.Add(ToWord(outcome.failure_reason)).Add(ToWord(outcome.effect));
  AddOptional(outcome.error_message, parts);
  AddOptional(finish.response_summary, parts);
  parts.Add(int{finish.response_summary_cut});
  parts.Add(finish.elapsed.has_value() ? absl::ToInt64Milliseconds(*finish.elapsed) : -1);
  return {Sha256(parts.bytes())};
}

}  // namespace tms::ledger
