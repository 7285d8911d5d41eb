#include "common/http/server_tls.h"

#include <gtest/gtest.h>

#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <fstream>
#include <optional>

#include "common/base/status.h"
#include "tests/support/test_certificates.h"

namespace tms::http {
namespace {

// Two files and what was said of them.
class ServerTlsTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/server_tls_XXXXXX";
    directory_ = mkdtemp(name);
    Write("cert.pem", first_.CertificatePem());
    Write("key.pem", first_.KeyPem());
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  // Whole, as people should replace a file.
  void Write(const std::string& name, const std::string& content) const {
    std::ofstream(Path("new")) << content;
    std::filesystem::rename(Path("new"), Path(name));
  }
  absl::StatusOr<std::shared_ptr<ServerTls>> Load() {
    return ServerTls::Load(
        Path("cert.pem"), Path("key.pem"),
        [this](const absl::Status& status) {
          absl::MutexLock lock(&mutex_);
          told_.push_back(status);
        },
        absl::Milliseconds(1));
  }
  // The next thing that is said.
  absl::Status Told() {
    absl::MutexLock lock(&mutex_);
    const auto any = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !told_.empty(); };
    mutex_.Await(absl::Condition(&any));
    const absl::Status first = told_.front();
    told_.erase(told_.begin());
    return first;
  }
  static bool Serves(const ServerTls& tls, const TestIdentity& identity) {
    const auto context = tls.context();
    return X509_cmp(SSL_CTX_get0_certificate(context->native_handle()),
                    identity.certificate.get()) == 0;
  }

  const TestIdentity ca_ = MakeCa("ca");
  const TestIdentity first_ = MakeSigned(ca_, "first", "DNS:first.test");
  const TestIdentity second_ = MakeSigned(ca_, "second", "DNS:second.test");
  std::string directory_;
  absl::Mutex mutex_;
  std::vector<absl::Status> told_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(ServerTlsTest, F21NewFilesAreTakenOverOnceTheyFitTogether) {
  const auto tls = Load();
  ASSERT_TRUE(tls.ok()) << Message(tls.status());
  EXPECT_TRUE(Serves(**tls, first_));
  Write("cert.pem", second_.CertificatePem());
  EXPECT_FALSE(Told().ok()) << "the key is the old one's";
  EXPECT_TRUE(Serves(**tls, first_));
  Write("key.pem", second_.KeyPem());
  EXPECT_TRUE(Told().ok());
  EXPECT_TRUE(Serves(**tls, second_));
}

TEST_F(ServerTlsTest, F21AHalfWrittenFileChangesNothing) {
  const auto tls = Load();
  ASSERT_TRUE(tls.ok());
  Write("cert.pem", second_.CertificatePem().substr(0, 100));
  const absl::Status status = Told();
  EXPECT_NE(Message(status).find("cert.pem"), std::string_view::npos);
  std::filesystem::remove(Path("cert.pem"));
  EXPECT_FALSE(Told().ok());
  EXPECT_TRUE(Serves(**tls, first_));
}

TEST_F(ServerTlsTest, WrongFilesAreRefusedByName) {
  Write("key.pem", second_.KeyPem());
  EXPECT_NE(Message(Load().status()).find("key.pem: is no key of"), std::string_view::npos)
      << Message(Load().status());
  Write("key.pem", std::string((size_t{1} << 20) + 1, 'x'));
  EXPECT_NE(Message(Load().status()).find("is larger than 1 MiB"), std::string_view::npos);
  std::filesystem::remove(Path("key.pem"));
  EXPECT_NE(Message(Load().status()).find("key.pem: can't be read"), std::string_view::npos);
}

}  // namespace
}  // namespace tms::http
