// Does file operations and waits on request, so that a test can watch the shim from inside a
// process. Reads commands, one a line, and answers each with one line: a number, `ok`, or the name
// of the error.
//   write FILE OFFSET TEXT · append FILE TEXT · truncate FILE SIZE · allocate FILE SIZE
//   sync FILE · syncdir DIRECTORY · rename FROM TO · unlink FILE
//   now: the wall clock in seconds
//   wait CONDITION|ABSEIL SECONDS: waits so long by the wall clock; answers with the milliseconds
//     that really went by
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"

namespace {

// Files stay open, as they do in the programs under test.
int Descriptor(const std::string& path) {
  static std::map<std::string, int> open_files;
  const auto [entry, is_new] = open_files.try_emplace(path, -1);
  if (is_new || entry->second < 0) entry->second = open(path.c_str(), O_RDWR | O_CREAT, 0644);
  return entry->second;
}

std::string Answer(long result) { return result < 0 ? strerrorname_np(errno) : "ok"; }

std::string Write(const std::string& path, long offset, const std::string& text) {
  const ssize_t written = pwrite(Descriptor(path), text.data(), text.size(), offset);
  return written < 0 ? strerrorname_np(errno) : std::to_string(written);
}

std::string Append(const std::string& path, const std::string& text) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0644);
  const std::string answer = Answer(write(file, text.data(), text.size()));
  close(file);
  return answer;
}

std::string SyncDirectory(const std::string& path) {
  const int directory = open(path.c_str(), O_RDONLY | O_DIRECTORY);
  const std::string answer = Answer(fsync(directory));
  close(directory);
  return answer;
}

void WaitOnCondition(double seconds) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  timespec until{};
  clock_gettime(CLOCK_REALTIME, &until);
  const long nanoseconds = until.tv_nsec + static_cast<long>(seconds * 1e9);
  until = {until.tv_sec + nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
  pthread_mutex_lock(&mutex);
  while (pthread_cond_timedwait(&condition, &mutex, &until) != ETIMEDOUT) {
  }
  pthread_mutex_unlock(&mutex);
}

void WaitOnAbseil(double seconds) {
  absl::Mutex mutex;
  const bool never = false;
  absl::MutexLock lock(&mutex);
  mutex.AwaitWithTimeout(absl::Condition(&never), absl::Seconds(seconds));
}

std::string Wait(const std::string& kind, double seconds) {
  const auto began = std::chrono::steady_clock::now();
  kind == "ABSEIL" ? WaitOnAbseil(seconds) : WaitOnCondition(seconds);
  const auto took = std::chrono::steady_clock::now() - began;
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
}

std::string Run(std::istringstream& line) {
  std::string command, first, second, third;
  line >> command >> first >> second >> third;
  if (command == "write") return Write(first, std::stol(second), third);
  if (command == "append") return Append(first, second);
  if (command == "truncate") return Answer(ftruncate(Descriptor(first), std::stol(second)));
  if (command == "allocate") {
    errno = posix_fallocate(Descriptor(first), 0, std::stol(second));
    return errno == 0 ? "ok" : strerrorname_np(errno);
  }
  if (command == "hold") {
    return Answer(fallocate(Descriptor(first), FALLOC_FL_KEEP_SIZE, 0, std::stol(second)));
  }
  if (command == "sync") return Answer(fsync(Descriptor(first)));
  if (command == "syncdir") return SyncDirectory(first);
  if (command == "rename") return Answer(rename(first.c_str(), second.c_str()));
  if (command == "unlink") return Answer(unlink(first.c_str()));
  if (command == "now") return std::to_string(time(nullptr));
  if (command == "wait") return Wait(first, std::stod(second));
  return "unknown command";
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::cout << Run(words) << std::endl;
  }
}
