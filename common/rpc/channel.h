// Client channels, with the settings that docs/grpc.md explains.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "common/rpc/tls.h"

namespace tms::rpc {

// To one of our services at `HOST:PORT`. Connects lazily and again by itself; notices a silent peer
// by keepalive within 40 s; never goes through a proxy. With `tls` the server must prove that it is
// HOST; without, nothing is encrypted.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address,
                                           const std::shared_ptr<TlsIdentity>& tls = nullptr);

// Largest message that is sent or taken: 50,000 cids of 128 characters fit twice.
inline constexpr int kMaxMessageBytes = 16 << 20;

}  // namespace tms::rpc
