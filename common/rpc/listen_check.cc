#include "common/rpc/listen_check.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "common/base/status.h"

namespace tms::rpc {
namespace {

struct HostAndPort {
  std::string host;
  std::string port;
};

HostAndPort Split(const std::string& address) {
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[') host = host.substr(1, host.size() - 2);
  return {std::move(host), colon == std::string::npos ? "" : address.substr(colon + 1)};
}

bool CanListen(const addrinfo& where) {
  const int socket_fd =
      socket(where.ai_family, where.ai_socktype | SOCK_CLOEXEC, where.ai_protocol);
  if (socket_fd < 0) return false;
  // As gRPC does: connections that are ending don't hold the port.
  const int on = 1;
  setsockopt(socket_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const bool free =
      bind(socket_fd, where.ai_addr, where.ai_addrlen) == 0 && listen(socket_fd, 1) == 0;
  close(socket_fd);
  return free;
}

}  // namespace

absl::Status CheckCanListen(const std::string& address) {
  const HostAndPort split = Split(address);
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(split.host.c_str(), split.port.c_str(), &hints, &found);
  const bool free = failed == 0 && CanListen(*found);
  if (failed == 0) freeaddrinfo(found);
  if (free) return absl::OkStatus();
  return MakeStatus(absl::StatusCode::kUnavailable,
                    "can't listen on " + address + ": in use or not an address of ours");
}

}  // namespace tms::rpc
