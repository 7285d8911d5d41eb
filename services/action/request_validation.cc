#include "services/action/request_validation.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "common/base/digest.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/base/time_text.h"

namespace tms::action {
namespace {

constexpr size_t kMaxTextCharacters = 128;
constexpr size_t kMaxSourceIpCharacters = 64;
// The largest fleet seen has 27,682 customers; twice that of the longest ids fits one message.
constexpr size_t kMaxCids = 50'000;
// The STARTED event repeats them in a message of at most rpc::kMaxMessageBytes (16 MiB) beside what
// the service adds; one that is larger would break the stream to the ledger for everybody.
constexpr size_t kMaxCidsBytes = size_t{15} * 1024 * 1024;
constexpr size_t kMaxTokenBytes = 16'384;
constexpr absl::Duration kLeastTimeout = absl::Milliseconds(1);

bool IsText(std::string_view text, size_t max_characters) {
  return IsPrintable(text) && CountCharacters(text) <= max_characters;
}

void CheckOptionalText(std::string_view field, std::string_view text, size_t max_characters,
                       Violations& violations) {
  if (IsText(text, max_characters)) return;
  violations.Add(field,
                 "must be at most " + std::to_string(max_characters) + " printable characters");
}

void CheckUser(const std::string& user_id, Violations& violations) {
  if (Trim(user_id).empty() || !IsText(user_id, kMaxTextCharacters)) {
    violations.Add("user_id", "must be 1 to 128 printable characters");
  }
}

const Cluster* FindCluster(const v1::SetActionRequest& request, const Catalogue& catalogue,
                           Violations& violations) {
  if (request.cluster().empty() == request.cluster_url().empty()) {
    violations.Add("cluster", "exactly one of cluster and cluster_url must be given");
    return nullptr;
  }
  const bool by_name = !request.cluster().empty();
  const Cluster* cluster = by_name ? catalogue.FindCluster(request.cluster())
                                   : catalogue.FindClusterByUrl(request.cluster_url());
  if (cluster != nullptr) return cluster;
  if (by_name) {
    violations.Add("cluster", "no cluster of this name is configured");
  } else {
    violations.Add("cluster_url", "not the base URL of a configured cluster");
  }
  return nullptr;
}

const Action* FindAction(const std::string& name, const Catalogue& catalogue,
                         Violations& violations) {
  const Action* action = catalogue.FindAction(name);
  if (action == nullptr) violations.Add("action", "no action of this name is configured");
  return action;
}

std::vector<std::string> ReadCids(const v1::SetActionRequest& request, Violations& violations) {
  std::vector<std::string> cids;
  std::unordered_set<std::string_view> seen;  // views into the request
  for (int i = 0; i < request.cids_size(); ++i) {
    const std::string_view cid = Trim(request.cids(i));
    if (cid.empty() || !IsText(cid, kMaxTextCharacters)) {
      violations.Add("cids[" + std::to_string(i) + "]", "must be 1 to 128 printable characters");
    } else if (seen.insert(cid).second) {
      cids.emplace_back(cid);
    }
  }
  if (request.cids().empty() || cids.size() > kMaxCids) {
    violations.Add("cids", "must hold 1 to 50,000 different customer ids");
  }
  size_t bytes = 0;
  for (const std::string& cid : cids) bytes += cid.size();
  if (bytes > kMaxCidsBytes) violations.Add("cids", "must take at most 15 MiB");
  return cids;
}

Secret TakeToken(v1::SetActionRequest& request, Violations& violations) {
  std::string& sent = *request.mutable_bearer_token();
  Secret token(sent);
  OPENSSL_cleanse(sent.data(), sent.size());
  sent.clear();
  const std::string_view text = token.Reveal();
  const bool visible = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
  if (text.empty() || text.size() > kMaxTokenBytes || !visible) {
    violations.Add("bearer_token", "must be 1 to 16,384 visible ASCII characters");
  }
  return token;
}

absl::Duration ReadTimeout(const v1::SetActionRequest& request, const Cluster* cluster,
                           Violations& violations) {
  const Cluster fallback;
  const Cluster& limits = cluster != nullptr ? *cluster : fallback;
  if (!request.has_timeout()) return limits.default_timeout;
  const auto timeout =
      absl::Seconds(request.timeout().seconds()) + absl::Nanoseconds(request.timeout().nanos());
  if (timeout < kLeastTimeout || timeout > limits.max_timeout) {
    violations.Add("timeout", "must be 0.001s to " + FormatSeconds(limits.max_timeout));
  }
  return timeout;
}

}  // namespace

absl::StatusOr<ActionRequest> ValidateRequest(v1::SetActionRequest& request,
                                              const Catalogue& catalogue) {
  Violations violations;
  ActionRequest result;
  result.bearer_token = TakeToken(request, violations);
  CheckUser(request.user_id(), violations);
  result.cluster = FindCluster(request, catalogue, violations);
  const Action* action = FindAction(request.action(), catalogue, violations);
  result.timeout = ReadTimeout(request, result.cluster, violations);
  CheckOptionalText("request_id", request.request_id(), kMaxTextCharacters, violations);
  CheckOptionalText("batch_id", request.batch_id(), kMaxTextCharacters, violations);
  CheckOptionalText("source_ip", request.source_ip(), kMaxSourceIpCharacters, violations);
  CheckOptionalText("rerun_of", request.rerun_of(), kMaxTextCharacters, violations);
  result.cids = ReadCids(request, violations);
  TMS_RETURN_IF_ERROR(violations.ToStatus());

  result.action_code = action->code;
  result.action_name = request.action();
  result.user_id = request.user_id();
  result.request_id = request.request_id();
  result.batch_id = request.batch_id();
  result.source_ip = request.source_ip();
  result.rerun_of = request.rerun_of();
  result.accept_possible_repeat = request.accept_possible_repeat();
  if (!result.request_id.empty()) result.fingerprint = Fingerprint(result);
  return result;
}

std::string Fingerprint(const ActionRequest& request) {
  PartsEncoder parts;
  parts.Add(request.cluster->name).Add(request.action_name).Add(request.batch_id);
  for (const std::string& cid : request.cids) parts.Add(cid);
  return Sha256(parts.bytes());
}

}  // namespace tms::action
