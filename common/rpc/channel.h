// Client channels, with the settings that docs/grpc.md explains.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

namespace tms::rpc {

// To one of our services at `HOST:PORT`. Connects lazily and again by itself; notices a silent peer
// by keepalive within 40 s; never goes through a proxy.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address);

// Largest message that is sent or taken: 50,000 cids of 128 characters fit twice.
inline constexpr int kMaxMessageBytes = 16 << 20;

}  // namespace tms::rpc
