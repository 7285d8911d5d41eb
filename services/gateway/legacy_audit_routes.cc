#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "common/base/text.h"
#include "common/base/time_text.h"
#include "google/protobuf/util/time_util.h"
#include "services/gateway/forward.h"
#include "services/gateway/legacy_jobs.h"
#include "services/gateway/legacy_routes.h"
#include "services/gateway/own_jobs.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
namespace v1 = tms::ledger::v1;
using google::protobuf::util::TimeUtil;
using Ledger = v1::JobLedgerService::StubInterface::async_interface;

constexpr int kStandardLimit = 100;
// Of one job; the job itself tells them all.
constexpr size_t kMaxCustomersOfRecord = 500;
// The audit history is read this many pages deep.
constexpr int kMaxPages = 20;

// One line of the old audit table with what it is sorted by.
struct Line {
  int64_t micros = 0;
  std::string job_id;  // of lines that are made from a job
  json::object record;
};

struct Question {
  std::string user;
  std::string action;
  std::string customer;
  size_t limit = 0;
};

// As the audit history writes it: the old page's `T-Enable` is T_ENABLE there.
std::string AuditAction(std::string_view text) {
  std::string word(text);
  absl::AsciiStrToUpper(&word);
  std::ranges::replace_if(
      word, [](char c) { return !absl::ascii_isalnum(c); }, '_');
  return word;
}

std::string TimeText(int64_t micros) { return FormatTimestamp(absl::FromUnixMicros(micros)); }

Line FromAudit(const v1::AuditRecord& record) {
  Line line{.micros = TimeUtil::TimestampToMicroseconds(record.occurred_at())};
  line.record = {
      {"id", record.number()},
      {"user_id", record.user_id()},
      {"action_type", record.action()},
      {"customer_ids", json::array(record.customer_ids().begin(), record.customer_ids().end())},
      {"timestamp", TimeText(line.micros)},
      {"ip_address", record.source_ip()},
      {"status", record.success() ? "success" : "failure"},
      {"error_message", nullptr},
      {"duration_ms", nullptr}};
  if (record.has_error_message()) line.record["error_message"] = record.error_message();
  if (record.has_elapsed()) {
    line.record["duration_ms"] = TimeUtil::DurationToMilliseconds(record.elapsed());
  }
  return line;
}

// The replaced system wrote an audit record for each action; here the job is the record.
Line FromJob(const v1::Job& job) {
  Line line{.micros = TimeUtil::TimestampToMicroseconds(job.created_at()), .job_id = job.job_id()};
  line.record = {{"id", job.job_id()},
                 {"user_id", job.user_id()},
                 {"action_type", job.action_name()},
                 {"customer_ids", json::array()},
                 {"timestamp", TimeText(line.micros)},
                 {"ip_address", job.source_ip()},
                 {"status", job.status() == v1::Job::SUCCESS ? "success" : "failure"},
                 {"error_message", nullptr},
                 {"duration_ms", nullptr}};
  if (job.has_error_message()) line.record["error_message"] = job.error_message();
  if (job.has_elapsed()) {
    line.record["duration_ms"] = TimeUtil::DurationToMilliseconds(job.elapsed());
  }
  return line;
}

asio::awaitable<absl::Status> AddAuditLines(Services& services, const RequestContext& context,
                                            const Question& question, std::vector<Line>& lines) {
  v1::ListAuditRequest request;
  if (!question.user.empty()) request.add_user_ids(question.user);
  if (!question.action.empty()) request.add_actions(AuditAction(question.action));
  request.set_customer_id(question.customer);
  request.set_page_size(static_cast<int>(question.limit));
  size_t found = 0;
  const auto take = [&](const v1::ListAuditResponse& page) {
    for (const v1::AuditRecord& record : page.records()) lines.push_back(FromAudit(record));
    found += static_cast<size_t>(page.records_size());
    return found < question.limit;
  };
  co_return co_await ForEachPage(services.ledger->async(), &Ledger::ListAudit, request, context,
                                 kMaxPages, take);
}

asio::awaitable<absl::Status> AddJobLines(Services& services, const RequestContext& context,
                                          const Question& question, std::vector<Line>& lines) {
  v1::JobFilter filter;
  if (!question.user.empty()) filter.add_user_ids(question.user);
  filter.set_cid(question.customer);
  // What still runs has no status that these records know.
  filter.add_statuses(v1::Job::SUCCESS);
  filter.add_statuses(v1::Job::FAILED);
  const auto wanted = [action = question.action](const v1::Job& job) {
    // Rows of the replaced system have no owner; its own audit records tell of them.
    return !job.owner().empty() &&
           (action.empty() || EqualsIgnoreCaseAscii(action, job.action_name()));
  };
  const auto jobs =
      co_await NewestJobs(services, context, std::move(filter), question.limit, wanted);
  if (!jobs.ok()) co_return jobs.status();
  for (const v1::Job& job : *jobs) lines.push_back(FromJob(job));
  co_return absl::OkStatus();
}

asio::awaitable<absl::StatusOr<json::array>> Records(Services& services,
                                                     const RequestContext& context,
                                                     const Question& question) {
  std::vector<Line> lines;
  absl::Status status = co_await AddAuditLines(services, context, question, lines);
  if (status.ok()) status = co_await AddJobLines(services, context, question, lines);
  if (!status.ok()) co_return status;
  std::ranges::stable_sort(lines, std::greater(), &Line::micros);
  if (lines.size() > question.limit) lines.resize(question.limit);
  json::array records;
  for (Line& line : lines) {
    if (!line.job_id.empty()) {
      const auto cids = co_await CustomersOf(services, context, line.job_id, kMaxCustomersOfRecord);
      if (!cids.ok()) co_return cids.status();
      line.record["customer_ids"] = json::array(cids->begin(), cids->end());
    }
    records.push_back(std::move(line.record));
  }
  co_return records;
}

asio::awaitable<RouteAnswer> GetAuditOfCustomer(Services& services, const RequestContext& context) {
  const std::string& cid = context.path_parameters[0];
  Question question{.customer = cid,
                    .limit = static_cast<size_t>(LegacyLimit(context.request, kStandardLimit))};
  if (!context.caller.SeesAllJobs()) question.user = context.caller.user;
  auto records = co_await Records(services, context, question);
  if (!records.ok()) co_return records.status();
  co_return JsonResponse(json::serialize(json::object{{"success", true},
                                                      {"customer_id", cid},
                                                      {"count", records->size()},
                                                      {"records", *std::move(records)}}));
}

asio::awaitable<RouteAnswer> GetAuditTrail(Services& services, const RequestContext& context) {
  Question question{.user = std::string(QueryValue(context.request, "user_id")),
                    .action = std::string(QueryValue(context.request, "action_type")),
                    .customer = std::string(QueryValue(context.request, "customer_id")),
                    .limit = static_cast<size_t>(LegacyLimit(context.request, kStandardLimit))};
  if (!context.caller.SeesAllJobs()) {
    if (!question.user.empty() && question.user != context.caller.user) co_return NotYourJob();
    question.user = context.caller.user;
  }
  auto records = co_await Records(services, context, question);
  if (!records.ok()) co_return records.status();
  co_return JsonResponse(json::serialize(json::object{
      {"success", true}, {"count", records->size()}, {"records", *std::move(records)}}));
}

}  // namespace

std::vector<Route> LegacyAuditRoutes(Services& services) {
  return {{.method = "GET",
           .pattern = "/api/audit/customer/{cid}",
           .style = Style::kLegacy,
           .handler = With(services, GetAuditOfCustomer)},
          {.method = "GET",
           .pattern = "/api/audit/trail",
           .style = Style::kLegacy,
           .handler = With(services, GetAuditTrail)}};
}

}  // namespace tms::gateway
