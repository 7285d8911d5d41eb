#include "services/action/spool_admin.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <charconv>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/status.h"
#include "common/base/text.h"
#include "common/runtime/logging.h"

namespace tms::action {

namespace asio = boost::asio;
using Request = v1::ResolveDeadLetterRequest;

namespace {

constexpr int kDefaultPageSize = 50;
constexpr int kMaxPageSize = 500;
constexpr size_t kMinReason = 3;
constexpr size_t kMaxReason = 1'000;

// Page tokens are positions: they say nothing that the list itself does not.
std::optional<int64_t> ParseToken(const std::string& token) {
  if (token.empty()) return 0;
  int64_t position = 0;
  const char* const end = token.data() + token.size();
  const auto parsed = std::from_chars(token.data(), end, position);
  if (parsed.ec != std::errc() || parsed.ptr != end || position < 1) return std::nullopt;
  return position;
}

void Fill(const DeadLetter& letter, v1::DeadLetter& listed) {
  listed.set_position(letter.position);
  listed.set_job_id(letter.event.job_id());
  listed.set_event_seq(letter.event.event_seq());
  listed.set_verdict(letter.verdict);
  listed.set_detail(letter.detail);
  const timespec buried_at = absl::ToTimespec(letter.buried_at);
  listed.mutable_buried_at()->set_seconds(buried_at.tv_sec);
  listed.mutable_buried_at()->set_nanos(static_cast<int32_t>(buried_at.tv_nsec));
  *listed.mutable_event() = letter.event;
  if (!letter.event.has_started()) return;
  listed.set_customer_count(letter.event.started().cids_size());
  listed.mutable_event()->mutable_started()->clear_cids();
}

asio::awaitable<absl::Status> FillList(Spool& spool, int64_t after, int page_size,
                                       v1::ListDeadLettersResponse& response) {
  const auto letters = co_await spool.ListDeadLetters(after, page_size);
  if (!letters.ok()) co_return letters.status();
  for (const DeadLetter& letter : *letters) Fill(letter, *response.add_dead_letters());
  // Short pages are possible: only an empty one is the end.
  if (!letters->empty()) response.set_next_page_token(std::to_string(letters->back().position));
  co_return absl::OkStatus();
}

bool IsReason(std::string_view text) {
  if (!IsPrintable(text)) return false;
  const size_t characters = CountCharacters(text);
  return characters >= kMinReason && characters <= kMaxReason;
}

auto WhenDone(SpoolAdmin::Done done) {
  return [done = std::move(done)](std::exception_ptr error, absl::Status status) {
    if (error) std::terminate();  // a bug
    done(std::move(status));
  };
}

}  // namespace

v1::SpoolState SpoolAdmin::State() const {
  const SpoolUsage usage = spool_.usage();
  v1::SpoolState state;
  state.set_event_count(usage.events);
  state.set_dead_letter_count(usage.dead_letters);
  state.set_bytes(usage.bytes);
  state.set_limit_bytes(limit_);
  state.set_room_held(usage.room_held);
  return state;
}

void SpoolAdmin::List(const v1::ListDeadLettersRequest& request,
                      v1::ListDeadLettersResponse& response, Done done) {
  Violations violations;
  if (request.page_size() < 0) violations.Add("page_size", "must not be negative");
  const std::optional<int64_t> after = ParseToken(request.page_token());
  if (!after) violations.Add("page_token", "is not one that was given");
  if (!violations.empty()) return done(violations.ToStatus());
  const int wanted = request.page_size() == 0 ? kDefaultPageSize : request.page_size();
  asio::co_spawn(strand_, FillList(spool_, *after, std::min(wanted, kMaxPageSize), response),
                 WhenDone(std::move(done)));
}

void SpoolAdmin::Resolve(const rpc::CallContext& call, const v1::ResolveDeadLetterRequest& request,
                         v1::ResolveDeadLetterResponse& response, Done done) {
  Violations violations;
  if (request.action() != Request::RETRY && request.action() != Request::DROP) {
    violations.Add("action", "must be RETRY or DROP");
  }
  if (!IsReason(Trim(request.reason()))) {
    violations.Add("reason", "must be 3 to 1000 printable characters");
  }
  if (!violations.empty()) return done(violations.ToStatus());
  asio::co_spawn(strand_, ResolveNow(call, request, response), WhenDone(std::move(done)));
}

asio::awaitable<absl::Status> SpoolAdmin::ResolveNow(rpc::CallContext call,
                                                     const v1::ResolveDeadLetterRequest& request,
                                                     v1::ResolveDeadLetterResponse& response) {
  const bool retry = request.action() == Request::RETRY;
  absl::StatusOr<std::vector<DeadLetter>> letters;
  if (retry) {
    letters = co_await spool_.Revive(request.position());
  } else {
    letters = co_await spool_.Drop(request.position());
  }
  if (!letters.ok()) co_return letters.status();
  for (const DeadLetter& letter : *letters) {
    log::Warning("SPOOL", retry ? "dead_letter_retried" : "dead_letter_dropped",
                 {{"job_id", letter.event.job_id()},
                  {"event_seq", letter.event.event_seq()},
                  {"verdict", letter.verdict},
                  {"user", call.user},
                  {"identity", call.identity},
                  {"reason", request.reason()},
                  {"correlation_id", call.correlation_id}});
    Fill(letter, *response.add_dead_letters());
  }
  if (retry) on_revived_();
  co_return absl::OkStatus();
}

}  // namespace tms::action
