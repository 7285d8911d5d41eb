#include "services/fake_cluster/hit_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/digest.h"
#include "common/base/status.h"
#include "common/base/text.h"
#include "common/base/time_text.h"
#include "common/runtime/logging.h"

namespace tms::fake_cluster {
namespace {

namespace json = boost::json;

constexpr size_t kMaxInMemory = 10'000;
// Enough to recognise a call without writing 50,000 names.
constexpr size_t kFirstCids = 3;

json::array FirstOf(const std::vector<std::string>& values, size_t limit) {
  json::array first;
  for (size_t i = 0; i < std::min(values.size(), limit); ++i) {
    first.emplace_back(RepairUtf8(values[i]));
  }
  return first;
}

json::object Describe(long sequence, const Request& request, const std::string& peer,
                      const Choice& choice) {
  return {{"sequence", sequence},
          {"time", FormatTimestamp(absl::Now())},
          {"peer", peer},
          {"method", RepairUtf8(request.method)},
          {"target", RepairUtf8(request.target)},
          {"headers", FirstOf(request.header_names, request.header_names.size())},
          {"content_type", RepairUtf8(request.content_type)},
          {"token_sha256", request.token.empty() ? "" : HexEncode(Sha256(request.token))},
          {"body_bytes", request.body.size()},
          {"body_sha256", HexEncode(Sha256(request.body))},
          {"whole", request.whole},
          {"action", RepairUtf8(request.action)},
          {"cid_count", request.cids.size()},
          {"first_cids", FirstOf(request.cids, kFirstCids)},
          {"behaviour", choice.ToText()},
          {"answered", std::string(choice.behaviour().help)},
          {"applied", choice.applies()}};
}

}  // namespace

absl::StatusOr<std::unique_ptr<HitLog>> HitLog::Open(const std::string& path) {
  int file = -1;
  if (!path.empty()) {
    file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (file < 0) {
      return MakeStatus(absl::StatusCode::kInvalidArgument,
                        "cannot write " + path + ": " + std::strerror(errno));
    }
  }
  return std::unique_ptr<HitLog>(new HitLog(file));
}

HitLog::~HitLog() {
  if (file_ >= 0) close(file_);
}

void HitLog::Add(const Request& request, const std::string& peer, const Choice& choice) {
  ++count_;
  latest_.push_back(json::serialize(Describe(++sequence_, request, peer, choice)));
  if (latest_.size() > kMaxInMemory) latest_.pop_front();
  if (file_ < 0) return;
  // One write with O_APPEND: lines of several fake clusters on one file do not mix.
  const std::string line = latest_.back() + "\n";
  if (write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    log::Error("FAKE", "hit_not_written", {{"error", std::strerror(errno)}});
  }
}

std::string HitLog::ToJson() const {
  std::string text = "[";
  for (const std::string& hit : latest_) {
    if (text.size() > 1) text += ",";
    text += hit;
  }
  return text + "]";
}

void HitLog::Clear() {
  count_ = 0;
  latest_.clear();
}

}  // namespace tms::fake_cluster
