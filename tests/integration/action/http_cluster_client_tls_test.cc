// The cluster call over TLS: who is trusted, and what counts as a byte of the request.
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <fstream>
#include <string>

#include "common/base/status.h"
#include "services/action/cluster/http_cluster_client.h"
#include "tests/integration/action/cluster_call_fixture.h"
#include "tests/integration/action/scripted_server.h"
#include "tests/support/test_certificates.h"

namespace tms::action {
namespace {

namespace asio = boost::asio;
using tms::ledger::v1::Job;

constexpr char kAnswer[] = "HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{\"success\":true}";
constexpr char kHost[] = "one.test";

void AnswerIt(Connection& connection) {
  connection.ReadRequest();
  connection.Send(kAnswer);
}

absl::StatusOr<Addresses> Loopback(const std::string&) {
  return Addresses{asio::ip::make_address("127.0.0.1")};
}

class HttpClusterClientTls : public testing::Test {
 protected:
  HttpClusterClientTls() : ca_file_(testing::TempDir() + "/ca-" + UniqueName() + ".pem") {
    std::ofstream(ca_file_) << ca_.CertificatePem();
  }
  ~HttpClusterClientTls() override { std::remove(ca_file_.c_str()); }

  static std::string UniqueName() {
    return std::string(testing::UnitTest::GetInstance()->current_test_info()->name()) + "-" +
           std::to_string(getpid());
  }

  static asio::ssl::context ServerContext(const TestIdentity& identity) {
    asio::ssl::context context(asio::ssl::context::tls_server);
    SSL_CTX_use_certificate(context.native_handle(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context.native_handle(), identity.key.get());
    return context;
  }

  Cluster TlsCluster(uint16_t port, const std::string& host = kHost) const {
    Cluster cluster = ClusterAt(port, host);
    cluster.tls = true;
    cluster.ca_file = ca_file_;
    return cluster;
  }

  // A call to a server with this identity; expects that nothing is sent to one that is not trusted.
  void ExpectNotTrusted(const TestIdentity& identity, const std::string& host,
                        const std::string& why) {
    asio::ssl::context context = ServerContext(identity);
    ScriptedServer server(AnswerIt, &context);
    const Cluster cluster = TlsCluster(server.port(), host);
    ExpectResult(Finish(client_, CallTo(cluster)),
                 ConnectError("TLS handshake with 127.0.0.1:" + std::to_string(server.port()) +
                              " failed: certificate not accepted: " + why));
    server.WaitForScripts();
    EXPECT_EQ(server.received(), "");
  }

  CallResult CallOnce(const Script& script, absl::Duration timeout = absl::Seconds(10)) {
    ScriptedServer server(script, &good_context_);
    const Cluster cluster = TlsCluster(server.port());
    return Finish(client_, CallTo(cluster, timeout));
  }

  const TestIdentity ca_ = MakeCa("Test CA");
  const TestIdentity good_ = MakeSigned(ca_, "any", std::string("DNS:") + kHost);
  asio::ssl::context good_context_ = ServerContext(good_);
  const std::string ca_file_;
  HttpClusterClient client_{SystemClock(), Loopback};
};

TEST_F(HttpClusterClientTls, CallsATrustedCluster) {
  std::string server_name;
  std::string request;
  const CallResult result = CallOnce([&](Connection& connection) {
    server_name = connection.ServerName();
    request = connection.ReadRequest();
    connection.Send(kAnswer);
  });
  ExpectResult(result, Success());
  EXPECT_EQ(server_name, kHost);
  EXPECT_TRUE(request.starts_with("POST /tms/v1/set/action HTTP/1.1\r\nHost: one.test:"));
  EXPECT_TRUE(request.ends_with("\r\n\r\n{\"action\": \"T-Enable\", \"cids\": [\"a\", \"b\"]}"));
}

TEST_F(HttpClusterClientTls, ChecksAnAddressAgainstTheCertificatesAddresses) {
  const TestIdentity identity = MakeSigned(ca_, "any", "IP:127.0.0.1");
  asio::ssl::context context = ServerContext(identity);
  ScriptedServer server(AnswerIt, &context);
  const Cluster cluster = TlsCluster(server.port(), "127.0.0.1");
  ExpectResult(Finish(client_, CallTo(cluster)), Success());
}

TEST_F(HttpClusterClientTls, TrustsAWildcardOfOneLabel) {
  const TestIdentity identity = MakeSigned(ca_, "any", "DNS:*.clusters.test");
  asio::ssl::context context = ServerContext(identity);
  ScriptedServer server(AnswerIt, &context);
  const Cluster cluster = TlsCluster(server.port(), "one.clusters.test");
  ExpectResult(Finish(client_, CallTo(cluster)), Success());
}

TEST_F(HttpClusterClientTls, DoesNotTrustACertificateForAnotherHost) {
  ExpectNotTrusted(MakeSigned(ca_, kHost, "DNS:two.test"), kHost, "hostname mismatch");
  ExpectNotTrusted(MakeSigned(ca_, kHost, ""), kHost, "hostname mismatch");
  ExpectNotTrusted(MakeSigned(ca_, "any", "DNS:o*.clusters.test"), "one.clusters.test",
                   "hostname mismatch");
  ExpectNotTrusted(MakeSigned(ca_, "any", "DNS:*.clusters.test"), "a.one.clusters.test",
                   "hostname mismatch");
  ExpectNotTrusted(MakeSigned(ca_, "any", "IP:127.0.0.2"), "127.0.0.1", "IP address mismatch");
  ExpectNotTrusted(MakeSigned(ca_, "any", "DNS:127.0.0.1"), "127.0.0.1", "IP address mismatch");
}

TEST_F(HttpClusterClientTls, DoesNotTrustAnUnknownCaOrAnExpiredCertificate) {
  const TestIdentity other = MakeCa("Other CA");
  const std::string name = std::string("DNS:") + kHost;
  ExpectNotTrusted(MakeSigned(other, "any", name), kHost, "unable to get local issuer certificate");
  ExpectNotTrusted(MakeSigned(ca_, "any", name, -60), kHost, "certificate has expired");
}

TEST_F(HttpClusterClientTls, TheSystemsCasDoNotVouchForAPrivateOne) {
  ScriptedServer server(AnswerIt, &good_context_);
  Cluster cluster = TlsCluster(server.port());
  cluster.ca_file.clear();
  ExpectResult(Finish(client_, CallTo(cluster)), ConnectError("TLS handshake with 127.0.0.1:"));
}

TEST_F(HttpClusterClientTls, SpeaksNothingOlderThanTls12) {
  SSL_CTX_set_security_level(good_context_.native_handle(), 0);
  SSL_CTX_set_min_proto_version(good_context_.native_handle(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(good_context_.native_handle(), TLS1_1_VERSION);
  ExpectResult(CallOnce(AnswerIt), ConnectError("TLS handshake with 127.0.0.1:"));
  SSL_CTX_set_max_proto_version(good_context_.native_handle(), TLS1_2_VERSION);
  ExpectResult(CallOnce(AnswerIt), Success());
}

TEST_F(HttpClusterClientTls, SaysWhenTheCaFileCannotBeRead) {
  ScriptedServer server(AnswerIt, &good_context_);
  Cluster cluster = TlsCluster(server.port());
  EXPECT_TRUE(client_.Prepare(cluster).ok());
  cluster.ca_file = "/nonexistent/ca.pem";
  EXPECT_FALSE(client_.Prepare(cluster).ok());
  ExpectResult(Finish(client_, CallTo(cluster)),
               ConnectError("Cannot use the CA file /nonexistent/ca.pem"));
}

TEST_F(HttpClusterClientTls, NothingGoesOutIfTheClusterDoesNotSpeakTls) {
  ScriptedServer server([](Connection& connection) {
    connection.Read(1);
    connection.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
    connection.ReadToEnd();
  });
  const Cluster cluster = TlsCluster(server.port());
  ExpectResult(Finish(client_, CallTo(cluster)), ConnectError("TLS handshake with 127.0.0.1:"));
  server.WaitForScripts();
  EXPECT_EQ(server.received().find("POST"), std::string::npos);
}

TEST_F(HttpClusterClientTls, PlainHttpToATlsPortHasAnUnknownEffect) {
  ScriptedServer server(AnswerIt, &good_context_);
  const Cluster cluster = ClusterAt(server.port(), kHost);
  ExpectResult(Finish(client_, CallTo(cluster)), ConnectionLost("Connection lost before"));
}

TEST_F(HttpClusterClientTls, AHandshakeThatHangsTimesOutUnsent) {
  ScriptedServer server([](Connection& connection) { connection.ReadToEnd(); });
  const Cluster cluster = TlsCluster(server.port());
  ExpectResult(
      Finish(client_, CallTo(cluster, absl::Milliseconds(200))),
      {Job::FAILED, std::nullopt, Job::TIMEOUT, Job::NOT_APPLIED, "Request timeout after 0.2s"});
}

TEST_F(HttpClusterClientTls, AnAnswerThatIsCompleteNeedsNoGoodbye) {
  ExpectResult(CallOnce([](Connection& connection) {
                 connection.ReadRequest();
                 connection.Send(kAnswer);
               }),
               Success());
}

TEST_F(HttpClusterClientTls, ABodyThatEndsWithTheConnectionNeedsAGoodbye) {
  for (const bool goodbye : {true, false}) {
    const CallResult result = CallOnce([goodbye](Connection& connection) {
      connection.ReadRequest();
      connection.Send("HTTP/1.1 200 OK\r\n\r\n{\"success\":true}");
      if (goodbye) connection.SayGoodbye();
    });
    ExpectResult(result, goodbye ? Success() : InvalidResponse("Response body was cut: "));
  }
}

TEST_F(HttpClusterClientTls, AConnectionThatBreaksAfterTheRequestIsLost) {
  for (const bool reset : {true, false}) {
    const CallResult result = CallOnce([reset](Connection& connection) {
      connection.ReadRequest();
      if (reset) connection.EndWithReset();
    });
    ExpectResult(result, ConnectionLost("Connection lost"));
  }
}

TEST_F(HttpClusterClientTls, TimesOutWhenTheAnswerIsLate) {
  const CallResult result = CallOnce(
      [](Connection& connection) {
        connection.ReadRequest();
        connection.ReadToEnd();
      },
      absl::Milliseconds(200));
  ExpectResult(result, {Job::FAILED, std::nullopt, Job::TIMEOUT, Job::UNKNOWN,
                        "Request timeout after 0.2s"});
}

TEST_F(HttpClusterClientTls, SendsAndReadsLargeMessagesAtTheSameTime) {
  const std::string body = "\"" + std::string(900'000, 'x') + "\"";
  ScriptedServer server(
      [&body](Connection& connection) {
        connection.Read(100);
        connection.Send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
                        "\r\n\r\n" + body);
        connection.ReadToEnd();
      },
      &good_context_);
  const Cluster cluster = TlsCluster(server.port());
  const CallResult result = Finish(client_, LargeCallTo(cluster));
  ExpectResult(result, Success());
  EXPECT_EQ(result.response_body, body);
}

TEST_F(HttpClusterClientTls, SendsNoByteIfTheDeadlinePassedDuringTheHandshake) {
  struct JumpingClock final : Clock {
    absl::Time Now() const override { return SystemClock().Now(); }
    absl::Duration SinceBoot() const override {
      return SystemClock().SinceBoot() + (jumped ? absl::Hours(1) : absl::ZeroDuration());
    }
    std::atomic<bool> jumped = false;
  } clock;
  // The server's choice of a certificate is the middle of the handshake.
  SSL_CTX_set_cert_cb(
      good_context_.native_handle(),
      [](SSL*, void* jumped) {
        *static_cast<std::atomic<bool>*>(jumped) = true;
        return 1;
      },
      &clock.jumped);
  ScriptedServer server(AnswerIt, &good_context_);
  HttpClusterClient client(clock, Loopback);
  const Cluster cluster = TlsCluster(server.port());
  ExpectResult(Finish(client, CallTo(cluster, absl::Seconds(30), clock)), NotCalled());
  server.WaitForScripts();
  EXPECT_EQ(server.received(), "");
}

}  // namespace
}  // namespace tms::action
