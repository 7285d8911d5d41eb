// Who is let in at the ledger: certificates of every kind at every method, over real mutual TLS.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "common/base/ids.h"
#include "services/ledger/ledger_host.h"
#include "services/ledger/sqlite/sqlite_job_store.h"
#include "tests/support/peer_table.h"
#include "tms/ledger/v1/ledger.grpc.pb.h"

namespace tms::ledger {
namespace {

constexpr char kService[] = "/tms.ledger.v1.JobLedgerService/";

class LedgerPeersTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    auto store = SqliteJobStore::Open({.path = (folder_ / "jobs.db").string()}, SystemClock());
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    LedgerOptions options{.server = {.listen = "127.0.0.1:0", .tls = table_.server()}};
    options.peers.internals = {kInternalUri};
    auto host = LedgerHost::Start(options, *store_, SystemClock());
    ASSERT_TRUE(host.ok()) << host.status();
    host_ = *std::move(host);
  }

  ~LedgerPeersTest() override {
    host_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  // The reason of the error that GetJob of no job ends with.
  std::string Ask(const std::string& alt_names, const Metadata& metadata) {
    const grpc::Status status = CallAnyMethod(table_.Connect(host_->port(), alt_names),
                                              std::string(kService) + "GetJob", metadata);
    const std::string reason = Reason(rpc::FromGrpc(status));
    return reason.empty() ? absl::StatusCodeToString(rpc::FromGrpc(status).code()) : reason;
  }

  const std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("peers-" + NewUuidV7(absl::Now()));
  PeerTable table_;
  std::unique_ptr<JobStore> store_;
  std::unique_ptr<LedgerHost> host_;
};

TEST_F(LedgerPeersTest, S02S03EveryMethodLetsInItsPeersAndNobodyElse) {
  const PeerTable::Expected expected = {
      {"RecordEvents", "A"},       {"SettleOwner", "A"},   {"GetJob", "AGLI"},
      {"ListJobs", "GLI"},         {"WatchJobs", "GLI"},   {"ListJobEvents", "GLI"},
      {"ListJobCustomers", "GLI"}, {"GetJobStats", "GLI"}, {"UpdateJob", "GL"},
      {"RecordAudit", "GL"},       {"ListAudit", "GL"},
  };
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      "tms.ledger.v1.JobLedgerService");
  ASSERT_NE(service, nullptr);
  table_.Check(host_->port(), *service, expected);
}

TEST_F(LedgerPeersTest, S02APersonIsBelievedFromAGatewayAndLedgerctlOnly) {
  const Metadata anna = {{"x-tms-user", "anna"}, {"x-tms-roles", "viewer"}};
  // Let in: the empty request is then found wanting.
  EXPECT_EQ(Ask("URI:spiffe://tms/gateway", anna), "INVALID_FIELDS");
  EXPECT_EQ(Ask("URI:spiffe://tms/ledgerctl", anna), "INVALID_FIELDS");
  EXPECT_EQ(Ask(std::string("URI:") + kInternalUri, anna), "PERSON_NOT_BELIEVED");
  EXPECT_EQ(Ask("URI:spiffe://tms/action-service", anna), "PERSON_NOT_BELIEVED");
  EXPECT_EQ(Ask(std::string("URI:") + kInternalUri, {}), "INVALID_FIELDS");
  EXPECT_EQ(Ask("URI:spiffe://tms/gateway", {}), "PERSON_REQUIRED");
  EXPECT_EQ(Ask("URI:spiffe://tms/ledgerctl", {}), "PERSON_REQUIRED");
}

TEST_F(LedgerPeersTest, S03ALedgerctlCannotPassForTheGatewayInTheAuditHistory) {
  const auto stub_of = [&](const char* alt_names) {
    return v1::JobLedgerService::NewStub(table_.Connect(host_->port(), alt_names));
  };
  const auto record = [](v1::JobLedgerService::Stub& stub, const std::string& key) {
    v1::RecordAuditRequest request;
    request.mutable_record()->set_user_id("anna");
    request.mutable_record()->set_action("LOGIN");
    request.mutable_record()->set_record_key(key);
    v1::RecordAuditResponse response;
    grpc::ClientContext call;
    call.AddMetadata("x-tms-user", "olga");
    return stub.RecordAudit(&call, request, &response);
  };
  const auto gateway = stub_of("URI:spiffe://tms/gateway");
  const auto ledgerctl = stub_of("URI:spiffe://tms/ledgerctl");
  EXPECT_EQ(Reason(rpc::FromGrpc(record(*ledgerctl, "a-gateways-key"))), "INVALID_FIELDS");
  EXPECT_TRUE(record(*gateway, "a-gateways-key").ok());
  EXPECT_TRUE(record(*ledgerctl, "audit_log/1/ab").ok());

  v1::ListAuditResponse found;
  grpc::ClientContext call;
  call.AddMetadata("x-tms-user", "olga");
  ASSERT_TRUE(ledgerctl->ListAudit(&call, {}, &found).ok());
  ASSERT_EQ(found.records_size(), 2);
  std::map<std::string, std::string> details;
  for (const v1::AuditRecord& one : found.records()) details[one.record_key()] = one.detail();
  EXPECT_EQ(details["a-gateways-key"], "");
  EXPECT_EQ(details["audit_log/1/ab"], "imported by olga: ");
}

}  // namespace
}  // namespace tms::ledger
