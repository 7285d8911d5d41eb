// Who is let in at which method, tried with a certificate of each kind.
#pragma once

#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "common/base/status.h"
#include "common/rpc/channel.h"
#include "common/rpc/status.h"
#include "tests/support/any_method.h"
#include "tests/support/tls_folder.h"

namespace tms {

inline constexpr char kInternalUri[] = "spiffe://corp/billing";

// One CA, a server's identity and clients of every kind. Owned by the test.
class PeerTable {
 public:
  // Method -> letters of the kinds that may call it: Action service, Gateway, Ledgerctl, Internal.
  using Expected = std::map<std::string, std::string>;

  std::shared_ptr<rpc::TlsIdentity> server() const { return server_; }

  // A channel whose certificate has these names besides the CN.
  std::shared_ptr<grpc::Channel> Connect(int port, const std::string& alt_names,
                                         const std::string& common_name = "any") const {
    const TlsFolder folder(MakeSigned(ca_, common_name, alt_names), ca_.CertificatePem());
    return rpc::MakeChannel("127.0.0.1:" + std::to_string(port), Load(folder));
  }

  // Calls every method of the service at `port` as every kind of peer. Each method needs a row.
  void Check(int port, const google::protobuf::ServiceDescriptor& service,
             const Expected& expected) const {
    ASSERT_EQ(expected.size(), static_cast<size_t>(service.method_count()));
    const std::pair<char, std::string> peers[] = {
        {'A', "URI:spiffe://tms/action-service"},
        {'G', "URI:spiffe://tms/gateway"},
        {'L', "URI:spiffe://tms/ledgerctl"},
        {'I', std::string("URI:") + kInternalUri},
        {'-', "URI:spiffe://tms/stranger"},
        {'-', "URI:spiffe://tms/gateway/"},
        {'-', "URI:SPIFFE://tms/gateway"},
        {'-', "DNS:gateway"},
        {'-', "URI:spiffe://tms/gateway,URI:spiffe://tms/action-service"}};
    for (const auto& [kind, alt_names] : peers) {
      CheckPeer(Connect(port, alt_names), kind, alt_names, service, expected);
    }
    CheckPeer(Connect(port, "", "spiffe://tms/gateway"), '-', "CN only", service, expected);
  }

 private:
  void CheckPeer(const std::shared_ptr<grpc::Channel>& channel, char kind, const std::string& name,
                 const google::protobuf::ServiceDescriptor& service,
                 const Expected& expected) const {
    for (int i = 0; i < service.method_count(); ++i) {
      const auto& method = *service.method(i);
      const auto row = expected.find(method.name());
      ASSERT_NE(row, expected.end()) << method.full_name() << " has no row";
      const bool may = row->second.find(kind) != std::string::npos;
      // A stream that is let in may never end.
      const auto patience = may && method.server_streaming() ? std::chrono::milliseconds(500)
                                                             : std::chrono::milliseconds(60'000);
      const grpc::Status status =
          CallAnyMethod(channel, "/" + service.full_name() + "/" + method.name(), {}, patience);
      // What the service does not offer yet is answered by gRPC, and does nothing.
      if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED) continue;
      const absl::Status error = rpc::FromGrpc(status);
      EXPECT_EQ(Reason(error) != "PEER_NOT_ALLOWED", may)
          << method.name() << " as " << name << ": " << status.error_message();
      if (!may) {
        EXPECT_EQ(error.code(), absl::StatusCode::kPermissionDenied);
        EXPECT_TRUE(rpc::HasOurDomain(status));
      }
    }
  }

  static std::shared_ptr<rpc::TlsIdentity> Load(const TlsFolder& folder) {
    auto identity = rpc::TlsIdentity::Load(
        folder.files(), [](const auto&) {}, SystemClock(), absl::Hours(1));
    EXPECT_TRUE(identity.ok()) << identity.status();
    return identity.ok() ? *identity : nullptr;
  }

  const TestIdentity ca_ = MakeCa("Test CA");
  const std::shared_ptr<rpc::TlsIdentity> server_ = Load(TlsFolder(
      MakeSigned(ca_, "any", "IP:127.0.0.1,URI:spiffe://tms/server"), ca_.CertificatePem()));
};

}  // namespace tms
