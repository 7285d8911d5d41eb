// Who is let in at the ActionService: certificates of every kind at every method, and people's
// roles.
#include <gtest/gtest.h>

#include "services/action/action_host.h"
#include "tests/integration/action/fake_cluster_client.h"
#include "tests/support/peer_table.h"
#include "tests/unit/action/spool/fake_spool.h"
#include "tms/action/v1/action.grpc.pb.h"

namespace tms::action {
namespace {

class ActionPeersTest : public testing::Test {
 protected:
  ActionPeersTest() {
    ActionOptions options;
    options.server = {.listen = "127.0.0.1:0", .tls = table_.server()};
    options.peers.internals = {kInternalUri};
    options.ledger = "127.0.0.1:1";  // nobody is there; who is refused never gets so far
    options.owner = {.id = "owner-1", .incarnation = 1};
    host_ = *ActionHost::Start(options, catalogue_, clusters_, spool_, SystemClock());
  }

  // The reason of the error that a SetAction of `anna` ends with; its content is wrong.
  std::string Act(const std::string& alt_names, const std::string& user, const std::string& roles) {
    const auto stub = v1::ActionService::NewStub(table_.Connect(host_->port(), alt_names));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
    if (!user.empty()) context.AddMetadata("x-tms-user", user);
    if (!roles.empty()) context.AddMetadata("x-tms-roles", roles);
    v1::SetActionRequest request;
    request.set_user_id("anna");
    v1::SetActionResponse response;
    const absl::Status status = rpc::FromGrpc(stub->SetAction(&context, request, &response));
    const std::string reason = Reason(status);
    return reason.empty() ? absl::StatusCodeToString(status.code()) : reason;
  }

  PeerTable table_;
  FakeClusterClient clusters_;
  FakeSpool spool_;
  const Catalogue catalogue_ = *Catalogue::FromJson(
      R"({"clusters": [{"name": "wide", "base_url": "http://wide.example"}]})");
  std::unique_ptr<ActionHost> host_;
};

TEST_F(ActionPeersTest, S02S03EveryMethodLetsInItsPeersAndNobodyElse) {
  const PeerTable::Expected expected = {{"SetAction", "GLI"},      {"SubmitAction", "GLI"},
                                        {"ListClusters", "GLI"},   {"ListActions", "GLI"},
                                        {"GetSpoolState", "L"},    {"ListDeadLetters", "L"},
                                        {"ResolveDeadLetter", "L"}};
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      "tms.action.v1.ActionService");
  ASSERT_NE(service, nullptr);
  table_.Check(host_->port(), *service, expected);
}

TEST_F(ActionPeersTest, S02APersonActsInTheirOwnNameAndNeedsARole) {
  constexpr char kFromGateway[] = "URI:spiffe://tms/gateway";
  // Let in: the request's content is then found wrong.
  EXPECT_EQ(Act(kFromGateway, "anna", "operator"), "INVALID_FIELDS");
  EXPECT_EQ(Act("URI:spiffe://tms/ledgerctl", "anna", ""), "INVALID_FIELDS");
  EXPECT_EQ(Act(std::string("URI:") + kInternalUri, "", ""), "INVALID_FIELDS");
  EXPECT_EQ(Act(kFromGateway, "bob", "operator"), "NOT_YOURSELF");
  EXPECT_EQ(Act(kFromGateway, "anna", "viewer,auditor"), "ROLE_REQUIRED");
  EXPECT_EQ(Act(kFromGateway, "anna", ""), "ROLE_REQUIRED");
  EXPECT_EQ(Act(kFromGateway, "", ""), "PERSON_REQUIRED");
  EXPECT_EQ(Act(std::string("URI:") + kInternalUri, "anna", "admin"), "PERSON_NOT_BELIEVED");
}

}  // namespace
}  // namespace tms::action
