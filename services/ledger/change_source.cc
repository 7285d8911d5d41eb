#include "services/ledger/change_source.h"

#include <utility>

#include "common/base/status.h"
#include "services/ledger/checks.h"

namespace tms::ledger {
namespace {

// Some seconds of a busy ledger; about 4 MiB.
constexpr size_t kKeptChanges = 4'096;
// Jobs that a watcher takes from the store at a time: bounds its memory.
constexpr int kBatchSize = 100;

}  // namespace

ChangeSource::ChangeSource(JobStore& store)
    : store_(store), tokens_(store.PageTokenKey(), store.Epoch()), feed_(kKeptChanges) {}

ChangeSource::~ChangeSource() { store_.SetChangeListener(nullptr); }

absl::Status ChangeSource::Load() {
  TMS_ASSIGN_OR_RETURN(HistoryPosition last, store_.LastPosition());
  feed_.Begin(std::move(last));
  store_.SetChangeListener(
      [this](std::vector<JobChange> changes) { feed_.Publish(std::move(changes)); });
  return absl::OkStatus();
}

absl::StatusOr<WatchStart> ChangeSource::Open(const JobFilter& filter,
                                              std::string_view resume_token) const {
  Violations violations;
  CheckFilter(filter, violations);
  TMS_RETURN_IF_ERROR(violations.ToStatus());
  if (resume_token.empty()) return WatchStart{.position = feed_.head()};
  TMS_ASSIGN_OR_RETURN(HistoryPosition position, tokens_.Open(resume_token));
  return WatchStart{.position = std::move(position), .unproven = true};
}

absl::Status ChangeSource::Prove(const HistoryPosition& position) {
  TMS_ASSIGN_OR_RETURN(const bool ours, store_.HasPosition(position));
  if (ours) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kOutOfRange, "HISTORY_REPLACED",
                    "the ledger's history is not the one that the token is of (an older copy was "
                    "put back): list anew, then watch without a token");
}

absl::StatusOr<ChangePage> ChangeSource::Read(const JobFilter& filter, int64_t after) {
  return store_.ListChanges(filter, after, kBatchSize);
}

}  // namespace tms::ledger
