// The tables of the spool; docs/on-disk.md explains every column.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/sqlite/migrations.h"
#include "tms/ledger/v1/job.pb.h"

namespace tms::action {

const sqlite::Schema& SpoolSchema();

// What stands in a row's `user_id` and `request_id`: only a start that may have been called stands
// in its request_id's way.
using RequestKey = std::pair<std::optional<std::string>, std::optional<std::string>>;
RequestKey RequestOf(const ledger::v1::JobEvent& event);

// What stands in a row's `digest`.
std::string RowDigest(std::string_view job_id, int64_t event_seq, std::string_view event);

// Which start of its instance was the last to use the spool at `path`, whose schema has that
// version; 0: it does not say. DATA_LOSS if it can't be read.
absl::StatusOr<int64_t> ReadLastStart(const std::string& path, int version);
absl::Status WriteLastStart(sqlite::Connection& connection, int64_t start);

// Reads the whole file at `path`, which has the schema, without changing it. DATA_LOSS, naming what
// is wrong, if a page or a row is not as it was written.
absl::Status CheckSpool(const std::string& path);

}  // namespace tms::action
