#include "common/sqlite/group_commit_writer.h"

#include <string>
#include <utility>

#include "common/base/crash_points.h"
#include "common/base/status.h"
#include "common/sqlite/errors.h"

namespace tms::sqlite {
namespace {

absl::Status Unavailable(const absl::Status& cause) {
  if (cause.code() == absl::StatusCode::kUnavailable) return cause;
  return WithPublicMessage(
      MakeStatus(absl::StatusCode::kUnavailable, Reason(cause), Message(cause)),
      PublicMessage(cause));
}

}  // namespace

GroupCommitWriter::GroupCommitWriter(std::unique_ptr<Connection> connection, Options options)
    : options_(std::move(options)),
      connection_(std::move(connection)),
      next_checkpoint_frames_(options_.checkpoint_frames),
      thread_([this] { Run(); }) {}

GroupCommitWriter::~GroupCommitWriter() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void GroupCommitWriter::Submit(std::unique_ptr<WriteItem> item) {
  Entry entry{.weight = item->weight(), .status = absl::OkStatus()};
  entry.item = std::move(item);
  absl::MutexLock lock(&mutex_);
  if (queue_weight_ > 0 && queue_weight_ + entry.weight > options_.max_queue_weight) {
    entry.weight = 0;
    entry.refused = true;
    entry.status =
        MakeStatus(absl::StatusCode::kUnavailable, "WRITER_BUSY", "too many writes are waiting");
  }
  queue_weight_ += entry.weight;
  queue_.push_back(std::move(entry));
}

void GroupCommitWriter::Run() {
  for (Group group = TakeGroup(); !group.empty(); group = TakeGroup()) {
    WriteGroup(group);
    for (Entry& entry : group) entry.item->Finish(entry.status);
    MaybeCheckpoint();
  }
}

GroupCommitWriter::Group GroupCommitWriter::TakeGroup() {
  Group group;
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &GroupCommitWriter::HasWork));
  size_t weight = 0;
  while (!queue_.empty() && group.size() < options_.max_group_items) {
    weight += queue_.front().weight;
    if (!group.empty() && weight > options_.max_group_weight) break;
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
    queue_weight_ -= group.back().weight;
  }
  return group;
}

void GroupCommitWriter::WriteGroup(Group& group) {
  absl::Status status = broken_.ok() ? TryGroup(group) : broken_;
  if (options_.on_group) options_.on_group(status);
  if (status.ok()) {
    TMS_CRASH_POINT("sqlite.group.committed");
    if (options_.hook != nullptr) options_.hook->AfterCommit();
    return;
  }
  Undo();
  status = Unavailable(status);
  for (Entry& entry : group) entry.status = status;
  if (broken_.ok() && KindOf(status) != ErrorKind::kRetry) Break(status);
}

absl::Status GroupCommitWriter::TryGroup(Group& group) {
  TMS_RETURN_IF_ERROR(connection_->Run("BEGIN IMMEDIATE"));
  bool clean = true;
  TMS_RETURN_IF_ERROR(ApplyTogether(group, clean));
  if (!clean) {
    Undo();
    TMS_RETURN_IF_ERROR(connection_->Run("BEGIN IMMEDIATE"));
    TMS_RETURN_IF_ERROR(ApplyApart(group));
  }
  if (options_.hook != nullptr) TMS_RETURN_IF_ERROR(options_.hook->BeforeCommit(*connection_));
  TMS_CRASH_POINT("sqlite.group.before_commit");
  return connection_->Run("COMMIT");
}

// Almost no item fails after it has written something, so savepoints (a sixth of all time) are left
// out at first. `clean` becomes false where they would have been needed.
absl::Status GroupCommitWriter::ApplyTogether(Group& group, bool& clean) {
  for (Entry& entry : group) {
    if (entry.refused) continue;
    const int64_t changes = connection_->total_changes();
    entry.status = entry.item->Apply(*connection_);
    if (ConcernsGroup(entry.status)) return entry.status;
    if (entry.status.ok() || connection_->total_changes() == changes) continue;
    clean = false;
    break;
  }
  return absl::OkStatus();
}

absl::Status GroupCommitWriter::ApplyApart(Group& group) {
  for (Entry& entry : group) {
    if (entry.refused) continue;
    TMS_RETURN_IF_ERROR(connection_->Run("SAVEPOINT item"));
    entry.status = entry.item->Apply(*connection_);
    if (ConcernsGroup(entry.status)) return entry.status;
    if (!entry.status.ok()) TMS_RETURN_IF_ERROR(connection_->Run("ROLLBACK TO item"));
    TMS_RETURN_IF_ERROR(connection_->Run("RELEASE item"));
  }
  return absl::OkStatus();
}

// After some errors SQLite has rolled back the transaction, and every item of it.
bool GroupCommitWriter::ConcernsGroup(const absl::Status& status) const {
  return !status.ok() && (!connection_->in_transaction() || KindOf(status) != ErrorKind::kItem);
}

void GroupCommitWriter::Undo() {
  if (connection_->in_transaction()) connection_->Run("ROLLBACK").IgnoreError();
  if (options_.hook != nullptr) options_.hook->AfterRollback();
}

void GroupCommitWriter::Break(const absl::Status& status) {
  broken_ = status;
  if (options_.on_failure) options_.on_failure(status);
}

// A checkpoint that a reader holds up is tried again after as many frames more.
void GroupCommitWriter::MaybeCheckpoint() {
  const int frames = connection_->wal_frames();
  if (frames < options_.checkpoint_frames) next_checkpoint_frames_ = options_.checkpoint_frames;
  if (!broken_.ok() || frames < next_checkpoint_frames_) return;
  next_checkpoint_frames_ = frames + options_.checkpoint_frames;
  TMS_CRASH_POINT("sqlite.checkpoint.before");
  const absl::Status status = connection_->Checkpoint();
  TMS_CRASH_POINT("sqlite.checkpoint.done");
  if (KindOf(status) == ErrorKind::kBroken) Break(status);
}

}  // namespace tms::sqlite
