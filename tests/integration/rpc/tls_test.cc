// Mutual TLS over real connections, with certificates made here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/time/clock.h"
#include "common/base/status.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/rpc/status.h"
#include "common/rpc/unary_edge.h"
#include "tests/integration/rpc/raw_tls_client.h"
#include "tests/support/tls_folder.h"
#include "tms/ledger/v1/ledger.grpc.pb.h"

namespace tms::rpc {
namespace {

namespace v1 = tms::ledger::v1;
using testing::HasSubstr;

// A test that waits longer has failed.
constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr char kServerNames[] = "IP:127.0.0.1,URI:spiffe://tms/ledger";

class EchoService final : public v1::JobLedgerService::CallbackService {
 public:
  explicit EchoService(UnaryEdge& edge) : edge_(edge) {}

  grpc::ServerUnaryReactor* GetJob(grpc::CallbackServerContext* context,
                                   const v1::GetJobRequest* request, v1::Job* response) override {
    return edge_.Run(context, "GetJob", [request, response](const CallContext&) {
      response->set_job_id(request->job_id());
      return absl::OkStatus();
    });
  }

 private:
  UnaryEdge& edge_;
};

std::shared_ptr<TlsIdentity> Load(const TlsFolder& folder) {
  auto identity = TlsIdentity::Load(
      folder.files(), [](const auto&) {}, SystemClock(), absl::Milliseconds(20));
  EXPECT_TRUE(identity.ok()) << identity.status();
  return identity.ok() ? *identity : nullptr;
}

class TlsTest : public testing::Test {
 protected:
  void SetUp() override {
    server_identity_ = Load(server_folder_);
    auto server = Server::Start({.listen = "127.0.0.1:0", .tls = server_identity_}, {&service_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  std::string Address(const std::string& host = "127.0.0.1") const {
    return host + ":" + std::to_string(server_->port());
  }

  // One call on a channel of its own. UNAVAILABLE: the handshake failed.
  grpc::Status Call(const std::shared_ptr<TlsIdentity>& identity,
                    const std::string& host = "127.0.0.1") {
    const auto stub = v1::JobLedgerService::NewStub(MakeChannel(Address(host), identity));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(kPatience));
    v1::GetJobRequest request;
    v1::Job job;
    return stub->GetJob(&context, request, &job);
  }

  // Until the server has taken over what is in its files, calls may fail.
  bool BecomesCallableBy(const std::shared_ptr<TlsIdentity>& identity) {
    const absl::Time end = absl::Now() + kPatience;
    while (!Call(identity).ok()) {
      if (absl::Now() > end) return false;
    }
    return true;
  }

  void WriteServer(const TestIdentity& identity) const {
    server_folder_.Write("cert.pem", identity.CertificatePem());
    server_folder_.Write("key.pem", identity.KeyPem());
  }

  const TestIdentity ca_ = MakeCa("Test CA");
  const TestIdentity server_certificate_ = MakeSigned(ca_, "any", kServerNames);
  const TlsFolder server_folder_{server_certificate_, ca_.CertificatePem()};
  const TlsFolder client_folder_{MakeSigned(ca_, "any", "URI:spiffe://tms/gateway"),
                                 ca_.CertificatePem()};
  WorkPool pool_{1, 100};
  UnaryEdge edge_{pool_, {}, Gatekeeper({}, {{"GetJob", {.peers = kAnybody}}}, false)};
  EchoService service_{edge_};
  std::shared_ptr<TlsIdentity> server_identity_;
  std::unique_ptr<Server> server_;
};

TEST_F(TlsTest, S01WithTheRightCertificatesACallIsAnswered) {
  EXPECT_TRUE(Call(Load(client_folder_)).ok());
}

TEST_F(TlsTest, S01PlaintextToATlsPortFails) {
  EXPECT_EQ(Call(nullptr).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, S01AServerThatIsNotWhoWasDialledIsNotCalled) {
  EXPECT_EQ(Call(Load(client_folder_), "localhost").error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, S01AServerOfAnotherCaIsNotCalled) {
  const TestIdentity other = MakeCa("Other CA");
  const TlsFolder folder(MakeSigned(other, "any", ""), other.CertificatePem());
  EXPECT_EQ(Call(Load(folder)).error_code(), grpc::StatusCode::UNAVAILABLE);
}

// OpenSSL's own client, which shows whatever it is told to.
TEST_F(TlsTest, S01AClientWithoutARightCertificateIsNotLetIn) {
  const TestIdentity right = MakeSigned(ca_, "any", "");
  const TestIdentity other_ca = MakeCa("Test CA");
  const TestIdentity foreign = MakeSigned(other_ca, "any", "URI:spiffe://tms/gateway");
  const TestIdentity expired = MakeSigned(ca_, "any", "URI:spiffe://tms/gateway", -60);
  EXPECT_TRUE(IsLetIn(server_->port(), {.identity = &right}));
  EXPECT_FALSE(IsLetIn(server_->port(), {.identity = nullptr}));
  EXPECT_FALSE(IsLetIn(server_->port(), {.identity = &foreign}));
  EXPECT_FALSE(IsLetIn(server_->port(), {.identity = &expired}));
}

TEST_F(TlsTest, S01OldVersionsOfTlsAreNotSpoken) {
  const TestIdentity right = MakeSigned(ca_, "any", "");
  EXPECT_TRUE(IsLetIn(server_->port(), {.identity = &right, .version = TLS1_3_VERSION}));
  EXPECT_TRUE(IsLetIn(server_->port(), {.identity = &right, .version = TLS1_2_VERSION}));
  EXPECT_FALSE(IsLetIn(server_->port(), {.identity = &right, .version = TLS1_1_VERSION}));
  EXPECT_FALSE(IsLetIn(server_->port(), {.identity = &right, .version = TLS1_VERSION}));
}

TEST_F(TlsTest, F21HalfWrittenAndExpiredFilesLeaveTheLastGoodOnesInUse) {
  const auto client = Load(client_folder_);
  const std::string whole = server_certificate_.CertificatePem();
  const TestIdentity expired = MakeSigned(ca_, "any", kServerNames, -60);
  const TestIdentity unrelated = MakeSigned(ca_, "any", kServerNames);
  const std::pair<std::string, std::string> broken[] = {
      {whole.substr(0, whole.size() / 2), server_certificate_.KeyPem()},
      {"", ""},
      {whole, unrelated.KeyPem()},
      {expired.CertificatePem(), expired.KeyPem()}};
  for (const auto& [cert, key] : broken) {
    server_folder_.Write("cert.pem", cert);
    server_folder_.Write("key.pem", key);
    // Longer than both watchers take to look.
    const absl::Time end = absl::Now() + absl::Seconds(2);
    while (absl::Now() < end) {
      ASSERT_TRUE(Call(client).ok());
      ASSERT_FALSE(IsLetIn(server_->port(), {.identity = nullptr}));
      ASSERT_FALSE(Call(nullptr).ok());
    }
  }
}

// The server moves from one CA to another, and back to be sure that it did not just believe both.
TEST_F(TlsTest, F21RotatedFilesAreTakenOverWithoutAnOutage) {
  const TestIdentity new_ca = MakeCa("New CA");
  const TlsFolder new_client_folder(MakeSigned(new_ca, "any", "URI:spiffe://tms/gateway"),
                                    ca_.CertificatePem() + new_ca.CertificatePem());
  const auto old_client = Load(client_folder_);
  const auto new_client = Load(new_client_folder);
  EXPECT_FALSE(Call(new_client).ok());

  server_folder_.Write("ca.pem", ca_.CertificatePem() + new_ca.CertificatePem());
  EXPECT_TRUE(BecomesCallableBy(new_client));
  client_folder_.Write("ca.pem", ca_.CertificatePem() + new_ca.CertificatePem());
  EXPECT_TRUE(Call(old_client).ok());

  WriteServer(MakeSigned(new_ca, "any", kServerNames));
  // The new client trusts both CAs all the time: no call of it may fail.
  const TlsFolder strict_folder(MakeSigned(new_ca, "any", "URI:spiffe://tms/gateway"),
                                new_ca.CertificatePem());
  const auto strict_client = Load(strict_folder);
  const absl::Time end = absl::Now() + kPatience;
  while (!Call(strict_client).ok()) {
    ASSERT_TRUE(Call(new_client).ok());
    ASSERT_LT(absl::Now(), end) << "the new certificate was never shown";
  }
}

TEST_F(TlsTest, F21WhatHappenedToTheFilesIsTold) {
  const TlsFolder folder(server_certificate_, ca_.CertificatePem());
  absl::Mutex mutex;
  std::vector<absl::StatusOr<absl::Time>> told;
  const auto count = [&](size_t wanted) {
    const absl::Time end = absl::Now() + kPatience;
    for (;;) {
      absl::MutexLock lock(&mutex);
      if (told.size() >= wanted || absl::Now() > end) return told.size();
    }
  };
  const auto identity = TlsIdentity::Load(
      folder.files(),
      [&](const auto& expires) {
        absl::MutexLock lock(&mutex);
        told.push_back(expires);
      },
      SystemClock(), absl::Milliseconds(5));
  ASSERT_TRUE(identity.ok());
  folder.Write("ca.pem", "");
  EXPECT_EQ(count(1), 1);
  folder.Write("ca.pem", ca_.CertificatePem() + ca_.CertificatePem());
  EXPECT_EQ(count(2), 2);
  absl::MutexLock lock(&mutex);
  EXPECT_THAT(std::string(Message(told[0].status())), HasSubstr("--tls-ca"));
  EXPECT_TRUE(told[1].ok());
}

TEST(ListenTest, WithoutTlsStrangersCanReachAServerOnlyIfThatIsSaid) {
  for (const char* open : {"0.0.0.0:0", "[::]:0", "192.0.2.1:0", "db.internal:0"}) {
    EXPECT_EQ(Server::Start({.listen = open}, {}).status().code(),
              absl::StatusCode::kInvalidArgument)
        << open;
    EXPECT_TRUE(CheckListen({.listen = open, .insecure_listen = true}).ok());
  }
  for (const char* loopback : {"127.0.0.1:0", "127.8.0.1:0", "[::1]:0", "localhost:0"}) {
    EXPECT_TRUE(CheckListen({.listen = loopback}).ok()) << loopback;
  }
}

}  // namespace
}  // namespace tms::rpc
