#include "services/fake_cluster/script.h"

#include <string_view>
#include <utility>

#include "common/base/status.h"

namespace tms::fake_cluster {
namespace {

constexpr std::string_view kTokenPrefix = "fake-";
constexpr std::string_view kCidPrefix = "behave-";

bool ActsBeforeHead(const Choice& choice) {
  const Phase phase = choice.behaviour().phase;
  return phase == Phase::kAccepted || phase == Phase::kSomeRequest;
}

absl::StatusOr<Choice> ParseForKnownRequest(std::string_view text) {
  TMS_ASSIGN_OR_RETURN(Choice choice, Choice::Parse(text));
  if (ActsBeforeHead(choice)) {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      "this behaviour acts before the request is read: set it by the admin route");
  }
  return choice;
}

}  // namespace

absl::Status Script::SetForNext(Choice choice, std::optional<long> count) {
  if (ActsBeforeHead(choice) && !count) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "this behaviour needs a count");
  }
  next_ = std::move(choice);
  next_count_ = count;
  return absl::OkStatus();
}

absl::Status Script::SetForCids(Choice choice, const std::vector<std::string>& cids) {
  if (ActsBeforeHead(choice)) {
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      "this behaviour acts before the cids are read");
  }
  for (const std::string& cid : cids) by_cid_.insert_or_assign(cid, choice);
  return absl::OkStatus();
}

void Script::Clear() {
  next_.reset();
  next_count_.reset();
  by_cid_.clear();
}

std::optional<Choice> Script::TakeBeforeHead() {
  if (!next_ || !ActsBeforeHead(*next_)) return std::nullopt;
  return TakeNext();
}

std::optional<Choice> Script::TakeBeforeBody(const Request& head) {
  const auto acts_now = [](const Choice& choice) {
    return choice.behaviour().phase == Phase::kSomeBody;
  };
  const std::string_view token = head.token;
  if (token.starts_with(kTokenPrefix)) {
    const absl::StatusOr<Choice> choice = ParseForKnownRequest(token.substr(kTokenPrefix.size()));
    return choice.ok() && acts_now(*choice) ? std::optional(*choice) : std::nullopt;
  }
  return next_ && acts_now(*next_) ? std::optional(TakeNext()) : std::nullopt;
}

absl::StatusOr<Choice> Script::Take(const Request& request) {
  const std::string_view token = request.token;
  if (token.starts_with(kTokenPrefix)) {
    return ParseForKnownRequest(token.substr(kTokenPrefix.size()));
  }
  for (const std::string_view cid : request.cids) {
    if (cid.starts_with(kCidPrefix)) return ParseForKnownRequest(cid.substr(kCidPrefix.size()));
  }
  if (std::optional<Choice> listed = FindForCids(request.cids)) return *std::move(listed);
  return TakeNext();
}

std::optional<Choice> Script::FindForCids(const std::vector<std::string>& cids) const {
  if (by_cid_.empty()) return std::nullopt;
  for (const std::string& cid : cids) {
    const auto found = by_cid_.find(cid);
    if (found != by_cid_.end()) return found->second;
  }
  return std::nullopt;
}

Choice Script::TakeNext() {
  if (!next_) return standard_;
  Choice choice = *next_;
  if (next_count_ && --*next_count_ <= 0) {
    next_.reset();
    next_count_.reset();
  }
  return choice;
}

}  // namespace tms::fake_cluster
