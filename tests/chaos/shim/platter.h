// What would still be there after the power went: a copy of each file as it was last synced.
//
// Below PlatterDirectory():
//   data/KEY    content of the file KEY as far as it is durable; made empty when the file is
//   names/PATH  the durable names of a directory, a line `KEY NAME` each; PATH has % for each /
// where KEY is `inode-birthtime`. tests/chaos/fault_shim.py puts a directory back into the state
// that this describes.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace tms::chaos {

enum class FileKind { kRegular, kDirectory, kSharedMemory };

// A file or directory below FaultDirectory(), shared by all descriptors that are open on it. Never
// destroyed: to close a descriptor of it would drop SQLite's locks.
class File {
 public:
  File(FileKind kind, std::string path, std::string key)
      : kind_(kind), path_(std::move(path)), key_(std::move(key)) {}

  FileKind kind() const { return kind_; }

  // Takes up the file when this process first opens it. `descriptor` is open on it; `created` says
  // that it was not there before.
  void TakeUp(int descriptor, bool created);

  // Up to where disk blocks are the file's: its end, or further where it holds room behind that.
  int64_t RoomEnd(int64_t size) const { return std::max(size, room_end_.load()); }
  void ExtendRoom(int64_t end) { room_end_ = std::max(room_end_.load(), end); }
  void CutRoom(int64_t end) { room_end_ = end; }

  // Bytes that are not durable yet.
  void AddPending(int64_t begin, int64_t end);

  // Runs `sync`, and makes durable what was pending before it; one at a time. When `sync` returns
  // false, that is lost: Linux then takes the pages for clean and never writes them.
  bool Sync(const std::function<bool()>& sync);

 private:
  using Ranges = std::map<int64_t, int64_t>;  // begin → end

  Ranges TakePending();
  void Settle(const Ranges& ranges);
  void CopyRange(int64_t begin, int64_t end);

  const FileKind kind_;
  const std::string path_;
  const std::string key_;

  // Private descriptors, set by TakeUp: of the file, and of its copy.
  int live_ = -1;
  int durable_ = -1;

  std::atomic<int64_t> room_end_ = 0;

  std::mutex sync_mutex_;
  std::mutex pending_mutex_;
  Ranges pending_;
};

// Notes the durable names of `directory` unless that was done before. To be called before a name in
// it changes.
void NoteNames(const std::string& directory);

}  // namespace tms::chaos
