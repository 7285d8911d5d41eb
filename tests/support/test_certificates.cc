#include "tests/support/test_certificates.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdlib>

namespace tms {
namespace {

constexpr long kDaySeconds = 24 * 3600;

void Require(bool done) {
  if (!done) std::abort();  // a test that can't make its certificates can't say anything
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  Require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

TestIdentity MakeUnsigned(const std::string& common_name, long valid_for_seconds) {
  static long serial = 0;
  TestIdentity identity;
  identity.key.reset(EVP_EC_gen("P-256"));
  identity.certificate.reset(X509_new());
  X509* certificate = identity.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate), valid_for_seconds);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  Require(X509_set_pubkey(certificate, identity.key.get()) == 1);
  return identity;
}

void Sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
  Require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1);
  Require(X509_sign(certificate, key, EVP_sha256()) > 0);
}

// Frees `bio`.
std::string TakeText(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

}  // namespace

void KeyDeleter::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
void CertificateDeleter::operator()(X509* certificate) const { X509_free(certificate); }

std::string TestIdentity::CertificatePem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  Require(PEM_write_bio_X509(bio, certificate.get()) == 1);
  return TakeText(bio);
}

std::string TestIdentity::KeyPem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  Require(PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return TakeText(bio);
}

TestIdentity MakeCa(const std::string& common_name) {
  TestIdentity ca = MakeUnsigned(common_name, kDaySeconds);
  X509* certificate = ca.certificate.get();
  AddExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  Sign(certificate, certificate, ca.key.get());
  return ca;
}

TestIdentity MakeSigned(const TestIdentity& ca, const std::string& common_name,
                        const std::string& alt_names, long valid_for_seconds) {
  TestIdentity made = MakeUnsigned(common_name, valid_for_seconds);
  X509* certificate = made.certificate.get();
  AddExtension(certificate, ca.certificate.get(), NID_ext_key_usage, "serverAuth,clientAuth");
  if (!alt_names.empty()) {
    AddExtension(certificate, ca.certificate.get(), NID_subject_alt_name, alt_names);
  }
  Sign(certificate, ca.certificate.get(), ca.key.get());
  return made;
}

}  // namespace tms
