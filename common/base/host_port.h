// Addresses as they are written on command lines.
#pragma once

#include <optional>
#include <string>

namespace tms {

// `HOST:PORT` taken apart; the host without brackets.
struct HostPort {
  std::string host;
  int port = 0;
};
std::optional<HostPort> ParseHostPort(const std::string& text);

// Whether the host is a loopback address or `localhost`.
bool IsLoopbackHost(const std::string& host);

}  // namespace tms
