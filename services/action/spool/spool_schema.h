// The tables of the spool; docs/on-disk.md explains every column.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/sqlite/migrations.h"

namespace tms::action {

const sqlite::Schema& SpoolSchema();

// What stands in a row's `digest`.
std::string RowDigest(std::string_view job_id, int64_t event_seq, std::string_view event);

// Reads the whole file at `path`, which has the schema, without changing it. DATA_LOSS, naming what
// is wrong, if a page or a row is not as it was written.
absl::Status CheckSpool(const std::string& path);

}  // namespace tms::action
