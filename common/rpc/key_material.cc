#include "common/rpc/key_material.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "common/base/status.h"

namespace tms::rpc {
namespace {

// Hundreds of certificates; whatever is larger is not meant for us.
constexpr size_t kMaxFileBytes = 1 << 20;

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Store = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Free<X509_STORE_CTX_free>>;
// The certificates in it belong to others.
using Stack =
    std::unique_ptr<STACK_OF(X509), Free<[](STACK_OF(X509) * stack) { sk_X509_free(stack); }>>;

absl::Status Refuse(std::string_view flag, const std::string& path, std::string_view why) {
  ERR_clear_error();
  return MakeStatus(absl::StatusCode::kFailedPrecondition,
                    std::string(flag) + ": " + path + ": " + std::string(why));
}

absl::StatusOr<std::string> ReadFile(std::string_view flag, const std::string& path) {
  if (path.empty()) return Refuse(flag, "(not given)", "all of --tls-* must be given, or none");
  std::ifstream file(path, std::ios::binary);
  std::string text;
  char chunk[8192];
  while (text.size() <= kMaxFileBytes && (file.read(chunk, sizeof chunk) || file.gcount() > 0)) {
    text.append(chunk, static_cast<size_t>(file.gcount()));
  }
  if (!file.is_open() || file.bad()) return Refuse(flag, path, "can't be read");
  if (text.size() > kMaxFileBytes) return Refuse(flag, path, "is larger than 1 MiB");
  return text;
}

Bio OpenText(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

absl::StatusOr<std::vector<Certificate>> ParseCertificates(std::string_view flag,
                                                           const std::string& path,
                                                           const std::string& text) {
  const Bio bio = OpenText(text);
  std::vector<Certificate> certificates;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (certificates.empty() || !at_end) {
    return Refuse(flag, path, "is not whole: PEM certificates are expected");
  }
  ERR_clear_error();
  return certificates;
}

// Never asks a person for a passphrase.
int NoPassphrase(char*, int, int, void*) { return -1; }

absl::Status CheckKey(const std::string& path, const std::string& text, X509* certificate) {
  const Bio bio = OpenText(text);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  if (!key) return Refuse("--tls-key", path, "is not whole: an unencrypted PEM key is expected");
  if (X509_check_private_key(certificate, key.get()) != 1) {
    return Refuse("--tls-key", path, "is not the key of the certificate");
  }
  return absl::OkStatus();
}

absl::Status CheckChain(const std::string& path, const std::vector<Certificate>& chain,
                        const std::vector<Certificate>& authorities, absl::Time now) {
  const Store store(X509_STORE_new());
  for (const Certificate& authority : authorities) {
    X509_STORE_add_cert(store.get(), authority.get());
  }
  const Stack intermediates(sk_X509_new_null());
  for (const Certificate& certificate : chain) {
    sk_X509_push(intermediates.get(), certificate.get());
  }
  const StoreContext context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), intermediates.get());
  X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()), absl::ToTimeT(now));
  if (X509_verify_cert(context.get()) == 1) return absl::OkStatus();
  return Refuse("--tls-cert", path,
                X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
}

absl::Time EndOf(const X509* certificate) {
  std::tm end{};
  ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end);
  return absl::FromTM(end, absl::UTCTimeZone());
}

}  // namespace

absl::StatusOr<KeyMaterial> ReadKeyMaterial(const TlsFiles& files, absl::Time now) {
  TMS_ASSIGN_OR_RETURN(const std::string cert, ReadFile("--tls-cert", files.cert));
  TMS_ASSIGN_OR_RETURN(const std::string key, ReadFile("--tls-key", files.key));
  TMS_ASSIGN_OR_RETURN(std::string ca, ReadFile("--tls-ca", files.ca));
  TMS_ASSIGN_OR_RETURN(const auto chain, ParseCertificates("--tls-cert", files.cert, cert));
  TMS_ASSIGN_OR_RETURN(const auto authorities, ParseCertificates("--tls-ca", files.ca, ca));
  TMS_RETURN_IF_ERROR(CheckKey(files.key, key, chain.front().get()));
  TMS_RETURN_IF_ERROR(CheckChain(files.cert, chain, authorities, now));
  return KeyMaterial{.identity_pem = key + "\n" + cert,
                     .ca_pem = std::move(ca),
                     .expires = EndOf(chain.front().get())};
}

}  // namespace tms::rpc
