#include "tests/unit/sqlite/fault_vfs.h"

#include <sqlite3.h>

#include <atomic>

namespace tms::sqlite {
namespace {

constexpr char kName[] = "tms-fault";

std::atomic<int> sync_code = SQLITE_OK;
std::atomic<int> write_code = SQLITE_OK;
sqlite3_vfs* real_vfs = nullptr;

// A table of the real file system's methods, and our copy of it with two replaced.
struct Methods {
  const sqlite3_io_methods* real = nullptr;
  sqlite3_io_methods faulty{};
};
// SQLite's file system has two: one for databases, one for files that it doesn't lock. Filled while
// the writer of the first test opens its files.
Methods tables[2];

const sqlite3_io_methods& RealMethods(const sqlite3_file* file) {
  return file->pMethods == &tables[0].faulty ? *tables[0].real : *tables[1].real;
}

int Sync(sqlite3_file* file, int flags) {
  const int code = sync_code;
  return code != SQLITE_OK ? code : RealMethods(file).xSync(file, flags);
}

int Write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  const int code = write_code;
  return code != SQLITE_OK ? code : RealMethods(file).xWrite(file, data, size, offset);
}

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  const int result = real_vfs->xOpen(real_vfs, name, file, flags, out_flags);
  if (result != SQLITE_OK) return result;
  for (Methods& table : tables) {
    if (table.real == nullptr) {
      table.real = file->pMethods;
      table.faulty = *table.real;
      table.faulty.xSync = Sync;
      table.faulty.xWrite = Write;
    }
    if (table.real != file->pMethods) continue;
    file->pMethods = &table.faulty;
    break;
  }
  return SQLITE_OK;
}

}  // namespace

const char* FaultVfs::Name() {
  static sqlite3_vfs vfs = [] {
    real_vfs = sqlite3_vfs_find(nullptr);
    sqlite3_vfs copy = *real_vfs;
    copy.zName = kName;
    copy.xOpen = Open;
    return copy;
  }();
  sqlite3_vfs_register(&vfs, /*makeDflt=*/0);
  return kName;
}

void FaultVfs::FailSyncs(int code) { sync_code = code; }

void FaultVfs::FailWrites(int code) { write_code = code; }

}  // namespace tms::sqlite
