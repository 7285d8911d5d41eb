// Client channels, with the settings that docs/grpc.md explains.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/client_interceptor.h>

#include <memory>
#include <string>
#include <vector>

#include "common/rpc/tls.h"

namespace tms::rpc {

// Look at every call of a channel.
using Interceptors =
    std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>;

// To one of our services at `HOST:PORT`. Connects lazily and again by itself; notices a silent peer
// by keepalive within 40 s; never goes through a proxy. With `tls` the server must prove that it is
// HOST; without, nothing is encrypted.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address,
                                           const std::shared_ptr<TlsIdentity>& tls = nullptr,
                                           Interceptors interceptors = {});

// Largest message that is sent or taken: 50,000 cids of 128 characters fit twice.
inline constexpr int kMaxMessageBytes = 16 << 20;

}  // namespace tms::rpc
