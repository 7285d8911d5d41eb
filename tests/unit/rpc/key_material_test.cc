#include "common/rpc/key_material.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/status.h"
#include "tests/support/tls_folder.h"

namespace tms::rpc {
namespace {

using testing::HasSubstr;

class KeyMaterialTest : public testing::Test {
 protected:
  absl::StatusOr<KeyMaterial> Read() { return ReadKeyMaterial(folder_.files(), absl::Now()); }

  void ExpectRefused(const std::string& flag, const std::string& why) {
    const absl::Status status = Read().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(Message(status)), HasSubstr(flag + ": "));
    EXPECT_THAT(std::string(Message(status)), HasSubstr(why));
  }

  const TestIdentity ca_ = MakeCa("Test CA");
  const TestIdentity identity_ = MakeSigned(ca_, "any", "URI:spiffe://tms/gateway");
  const TlsFolder folder_{identity_, ca_.CertificatePem()};
};

TEST_F(KeyMaterialTest, FilesThatFitTogetherAreTaken) {
  const auto material = Read();
  ASSERT_TRUE(material.ok()) << material.status();
  EXPECT_GT(material->expires, absl::Now() + absl::Minutes(50));
  EXPECT_EQ(material->ca_pem, ca_.CertificatePem());
}

TEST_F(KeyMaterialTest, F21AFileThatIsCutAnywhereIsRefused) {
  const std::pair<const char*, std::string> files[] = {{"cert.pem", identity_.CertificatePem()},
                                                       {"key.pem", identity_.KeyPem()},
                                                       {"ca.pem", ca_.CertificatePem()}};
  for (const auto& [name, content] : files) {
    // Without the last line break it is still whole.
    for (size_t size = 0; size + 1 < content.size(); size += 5) {
      folder_.Write(name, content.substr(0, size));
      EXPECT_FALSE(Read().ok()) << name << " cut after " << size << " bytes";
    }
    folder_.Write(name, content);
    EXPECT_TRUE(Read().ok());
  }
}

TEST_F(KeyMaterialTest, F21AChainThatIsCutAfterItsFirstCertificateIsRefused) {
  const std::string one = identity_.CertificatePem();
  folder_.Write("cert.pem", one + one.substr(0, one.size() / 2));
  ExpectRefused("--tls-cert", "is not whole");
}

TEST_F(KeyMaterialTest, F21AKeyOfAnotherCertificateIsRefused) {
  folder_.Write("key.pem", MakeSigned(ca_, "any", "").KeyPem());
  ExpectRefused("--tls-key", "is not the key of the certificate");
}

TEST_F(KeyMaterialTest, F21AnExpiredOrForeignCertificateIsRefused) {
  const TestIdentity expired = MakeSigned(ca_, "any", "", -60);
  folder_.Write("cert.pem", expired.CertificatePem());
  folder_.Write("key.pem", expired.KeyPem());
  ExpectRefused("--tls-cert", "certificate has expired");
  const TestIdentity foreign = MakeSigned(MakeCa("Other CA"), "any", "");
  folder_.Write("cert.pem", foreign.CertificatePem());
  folder_.Write("key.pem", foreign.KeyPem());
  ExpectRefused("--tls-cert", "unable to get local issuer certificate");
}

TEST_F(KeyMaterialTest, AnAbsentFileIsNamed) {
  TlsFiles files = folder_.files();
  files.key += ".absent";
  EXPECT_THAT(std::string(Message(ReadKeyMaterial(files, absl::Now()).status())),
              HasSubstr("--tls-key: " + files.key + ": can't be read"));
  files.key.clear();
  EXPECT_THAT(std::string(Message(ReadKeyMaterial(files, absl::Now()).status())),
              HasSubstr("--tls-key"));
}

TEST_F(KeyMaterialTest, AFileThatIsTooLargeIsRefused) {
  folder_.Write("ca.pem", std::string((1 << 20) + 1, '\n'));
  ExpectRefused("--tls-ca", "larger than 1 MiB");
}

}  // namespace
}  // namespace tms::rpc
