// The contract's messages as text: JSON lines, cells of tables, details.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"
#include "services/ledgerctl/table.h"
#include "tms/ledger/v1/job.pb.h"
#include "tms/ledger/v1/ledger.pb.h"

namespace tms::ledgerctl {

google::protobuf::Timestamp ToProto(absl::Time time);
google::protobuf::Duration ToProto(absl::Duration duration);
absl::Duration FromProto(const google::protobuf::Duration& duration);

// One line of protobuf's JSON, the contract's names kept, every plain field present.
std::string ToJson(const google::protobuf::Message& message);

// `2026-01-31 12:17:04` in UTC.
std::string ShortTime(const google::protobuf::Timestamp& time);

std::vector<Column> JobColumns();
std::vector<std::string> JobCells(const tms::ledger::v1::Job& job);

std::vector<Column> HistoryColumns();
std::vector<std::string> HistoryCells(const tms::ledger::v1::HistoryEvent& event);

std::vector<Column> AuditColumns();
std::vector<std::string> AuditCells(const tms::ledger::v1::AuditRecord& record);

// Everything known of a job, a line for each field that is set.
std::string JobDetails(const tms::ledger::v1::Job& job);

// The columns of GetJobStats' answer: the dimensions asked for, then counts and durations.
std::vector<Column> StatsColumns(const tms::ledger::v1::GetJobStatsRequest& request);
std::vector<std::string> StatsCells(const tms::ledger::v1::GetJobStatsRequest& request,
                                    const tms::ledger::v1::GetJobStatsResponse& response,
                                    const tms::ledger::v1::GetJobStatsResponse::Row& row);

}  // namespace tms::ledgerctl
