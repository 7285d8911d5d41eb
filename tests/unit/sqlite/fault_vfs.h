// A disk that fails when it is told to: SQLite's own file system with two calls that can be broken.
#pragma once

namespace tms::sqlite {

// The switches are global and hold for every file that was opened through this VFS.
class FaultVfs {
 public:
  // Its name for Connection::Open; registers it on first use.
  static const char* Name();

  // SQLITE_OK or the code that every sync / write of a file returns from now on.
  static void FailSyncs(int code);
  static void FailWrites(int code);
};

}  // namespace tms::sqlite
