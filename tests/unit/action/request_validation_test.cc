#include "services/action/request_validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "common/base/status.h"
#include "common/base/text.h"

namespace tms::action {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

const Catalogue& TestCatalogue() {
  static const auto* catalogue = new Catalogue(*Catalogue::FromJson(R"({"clusters": [
      {"name": "east", "base_url": "http://east.example:8080", "max_timeout": "40s"},
      {"name": "west", "base_url": "https://west.example"}]})"));
  return *catalogue;
}

v1::SetActionRequest GoodRequest() {
  v1::SetActionRequest request;
  request.set_user_id("ada");
  request.set_cluster("east");
  request.set_action("T-Enable");
  request.add_cids("0123456789abcdef0123456789abcdef");
  request.add_cids("1234567");
  request.set_bearer_token("token-of-ada");
  return request;
}

absl::StatusOr<ActionRequest> Validate(v1::SetActionRequest request) {
  return ValidateRequest(request, TestCatalogue());
}

TEST(RequestValidationTest, TakesAGoodRequestAsItIs) {
  v1::SetActionRequest request = GoodRequest();
  request.set_batch_id("batch 7");
  request.set_source_ip("192.0.2.7");
  request.set_rerun_of("an earlier job");
  request.set_accept_possible_repeat(true);
  const auto result = Validate(request);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->cluster, TestCatalogue().FindCluster("east"));
  EXPECT_EQ(result->action_code, 3);
  EXPECT_EQ(result->action_name, "T-Enable");
  EXPECT_THAT(result->cids, ElementsAre("0123456789abcdef0123456789abcdef", "1234567"));
  EXPECT_EQ(result->user_id, "ada");
  EXPECT_EQ(result->batch_id, "batch 7");
  EXPECT_EQ(result->timeout, absl::Seconds(30));
  EXPECT_EQ(result->source_ip, "192.0.2.7");
  EXPECT_EQ(result->rerun_of, "an earlier job");
  EXPECT_TRUE(result->accept_possible_repeat);
  EXPECT_EQ(result->bearer_token.Reveal(), "token-of-ada");
  EXPECT_EQ(result->fingerprint, "");
}

TEST(RequestValidationTest, KeepsTheActionAsWritten) {
  v1::SetActionRequest request = GoodRequest();
  request.set_action("tRaNs-bEgIn");
  const auto result = Validate(request);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->action_code, 1);
  EXPECT_EQ(result->action_name, "tRaNs-bEgIn");
}

TEST(RequestValidationTest, TrimsCidsAndDropsDuplicatesInOrder) {
  v1::SetActionRequest request = GoodRequest();
  request.clear_cids();
  for (const char* cid : {" b ", "a", "b", "\tA\r\n", "a"}) request.add_cids(cid);
  const auto result = Validate(request);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->cids, ElementsAre("b", "a", "A"));
}

TEST(RequestValidationTest, CountsCidsAfterDroppingDuplicates) {
  v1::SetActionRequest request = GoodRequest();
  request.clear_cids();
  for (int i = 0; i < 50'000; ++i) request.add_cids("customer-" + std::to_string(i));
  request.add_cids("customer-0");
  const auto result = Validate(request);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->cids, SizeIs(50'000));
}

TEST(RequestValidationTest, RefusesMoreCidsThanOneEventCarries) {
  v1::SetActionRequest request = GoodRequest();
  request.clear_cids();
  std::string padding;
  for (int i = 0; i < 120; ++i) padding += "漢";
  for (int i = 0; i < 44'000; ++i) request.add_cids(std::to_string(i) + padding);
  const auto result = Validate(request);
  const std::vector<FieldViolation> expected = {{"cids", "must take at most 15 MiB"}};
  EXPECT_EQ(GetViolations(result.status()), expected);
}

TEST(RequestValidationTest, TakesTheLongestOfEverything) {
  v1::SetActionRequest request = GoodRequest();
  std::string umlauts;
  for (int i = 0; i < 128; ++i) umlauts += "ü";
  request.set_user_id(umlauts);
  request.set_request_id(umlauts);
  request.set_batch_id(umlauts);
  request.set_rerun_of(umlauts);
  request.set_source_ip(std::string(64, '1'));
  request.set_cids(0, umlauts);
  request.set_bearer_token(std::string(16'384, '~'));
  request.mutable_timeout()->set_seconds(40);
  const auto result = Validate(request);
  EXPECT_TRUE(result.ok()) << result.status();
}

TEST(RequestValidationTest, TakesAUrlOfAConfiguredCluster) {
  v1::SetActionRequest request = GoodRequest();
  request.clear_cluster();
  request.set_cluster_url("https://west.example:443/tms/v1/set/action");
  const auto result = Validate(request);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->cluster, TestCatalogue().FindCluster("west"));
}

TEST(RequestValidationTest, WipesTheTokenFromTheMessage) {
  for (const char* user : {"ada", ""}) {
    v1::SetActionRequest request = GoodRequest();
    request.set_user_id(user);
    const char* bytes = request.bearer_token().data();
    const auto result = ValidateRequest(request, TestCatalogue());
    EXPECT_EQ(result.ok(), *user != '\0');
    EXPECT_EQ(request.bearer_token(), "");
    // Short enough to lie inside the string object, which is still there.
    EXPECT_EQ(std::string(bytes, 12), std::string(12, '\0'));
  }
}

struct BadInput {
  const char* name;
  std::function<void(v1::SetActionRequest&)> spoil;
  std::string field;
};
void PrintTo(const BadInput& input, std::ostream* out) { *out << input.name; }

class BadInputTest : public ::testing::TestWithParam<BadInput> {};

TEST_P(BadInputTest, IsRefusedWithTheFieldNamed) {
  v1::SetActionRequest request = GoodRequest();
  GetParam().spoil(request);
  const auto result = Validate(request);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  const auto violations = GetViolations(result.status());
  ASSERT_THAT(violations, SizeIs(1)) << result.status();
  EXPECT_EQ(violations[0].field, GetParam().field);
  EXPECT_TRUE(IsPrintable(violations[0].description));
}

std::vector<BadInput> BadInputs() {
  using Request = v1::SetActionRequest;
  const auto set = [](const char* field, std::string value) {
    return [field, value](Request& request) {
      request.GetReflection()->SetString(&request, Request::descriptor()->FindFieldByName(field),
                                         value);
    };
  };
  const auto by_url = [](std::string value) {
    return [value](Request& request) {
      request.clear_cluster();
      request.set_cluster_url(value);
    };
  };
  const auto cid = [](std::string value) {
    return [value](Request& request) { request.set_cids(1, value); };
  };
  const auto timeout = [](int64_t seconds, int nanos) {
    return [=](Request& request) {
      request.mutable_timeout()->set_seconds(seconds);
      request.mutable_timeout()->set_nanos(nanos);
    };
  };
  const std::string nul("a\0b", 3);
  return {
      {"NoUser", set("user_id", ""), "user_id"},
      {"BlankUser", set("user_id", "  "), "user_id"},
      {"LongUser", set("user_id", std::string(129, 'u')), "user_id"},
      {"UserWithNewline", set("user_id", "ada\nroot"), "user_id"},
      {"NoAction", set("action", ""), "action"},
      {"UnknownAction", set("action", "Explode"), "action"},
      {"ActionWithCrLf", set("action", "T-Enable\r\n"), "action"},
      {"NoCluster", set("cluster", ""), "cluster"},
      {"UnknownCluster", set("cluster", "north"), "cluster"},
      {"ClusterInOtherCase", set("cluster", "EAST"), "cluster"},
      {"ClusterAndUrl", set("cluster_url", "http://east.example:8080"), "cluster"},
      {"UrlOfAnotherOrigin", by_url("http://evil.example"), "cluster_url"},
      {"UrlWithUserinfo", by_url("http://a@east.example:8080"), "cluster_url"},
      {"NoCids", [](Request& request) { request.clear_cids(); }, "cids"},
      {"BlankCid", cid(" "), "cids[1]"},
      {"LongCid", cid(std::string(129, 'c')), "cids[1]"},
      {"CidWithControl", cid("12\x1b[2J"), "cids[1]"},
      {"CidWithNul", cid(nul), "cids[1]"},
      {"CidWithC1Control",
       cid("12\xC2\x85"
           "3"),
       "cids[1]"},
      {"CidNotUtf8", cid("12\xFF"), "cids[1]"},
      {"TooManyCids",
       [](Request& request) {
         for (int i = 0; i < 49'999; ++i) request.add_cids(std::to_string(i));
       },
       "cids"},
      {"NoToken", set("bearer_token", ""), "bearer_token"},
      {"TokenWithCrLf", set("bearer_token", "abc\r\nHost: evil"), "bearer_token"},
      {"TokenWithNul", set("bearer_token", nul), "bearer_token"},
      {"TokenWithSpace", set("bearer_token", "a b"), "bearer_token"},
      {"TokenNotAscii", set("bearer_token", "schl\xC3\xBCssel"), "bearer_token"},
      {"LongToken", set("bearer_token", std::string(16'385, 't')), "bearer_token"},
      {"LongRequestId", set("request_id", std::string(129, 'r')), "request_id"},
      {"RequestIdWithNul", set("request_id", nul), "request_id"},
      {"LongBatchId", set("batch_id", std::string(129, 'b')), "batch_id"},
      {"LongSourceIp", set("source_ip", std::string(65, '1')), "source_ip"},
      {"RerunOfWithNewline", set("rerun_of", "a\nb"), "rerun_of"},
      {"NegativeTimeout", timeout(-1, 0), "timeout"},
      {"ZeroTimeout", timeout(0, 0), "timeout"},
      {"TimeoutBelowAMillisecond", timeout(0, 999'999), "timeout"},
      {"TimeoutAboveTheClustersMaximum", timeout(40, 1), "timeout"},
      {"HugeTimeout", timeout(INT64_MAX, 0), "timeout"},
  };
}

INSTANTIATE_TEST_SUITE_P(Each, BadInputTest, ::testing::ValuesIn(BadInputs()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(RequestValidationTest, NamesEverythingThatIsWrongAtOnce) {
  const auto result = Validate(v1::SetActionRequest());
  std::vector<std::string> fields;
  for (const FieldViolation& violation : GetViolations(result.status())) {
    fields.push_back(violation.field);
  }
  EXPECT_THAT(fields, ElementsAre("bearer_token", "user_id", "cluster", "action", "cids"));
}

std::string FingerprintOf(const std::function<void(v1::SetActionRequest&)>& change) {
  v1::SetActionRequest request = GoodRequest();
  request.set_request_id("r1");
  change(request);
  return Validate(request).value().fingerprint;
}

TEST(FingerprintTest, CoversWhatMakesTwoRequestsTheSame) {
  using Request = v1::SetActionRequest;
  const std::string base = FingerprintOf([](Request&) {});
  EXPECT_EQ(base.size(), 32u);
  // Stored by the ledger for as long as jobs live: it must never change.
  EXPECT_EQ(HexEncode(base), "25f53e0e389640c124299445cda797d05296cb9e56a6316c651b9f87ec5d7451");
  EXPECT_NE(base, FingerprintOf([](Request& request) { request.set_cluster("west"); }));
  EXPECT_NE(base, FingerprintOf([](Request& request) { request.set_action("t-enable"); }));
  EXPECT_NE(base, FingerprintOf([](Request& request) { request.set_batch_id("b"); }));
  EXPECT_NE(base, FingerprintOf([](Request& request) { request.add_cids("9"); }));
  EXPECT_NE(base,
            FingerprintOf([](Request& request) { request.mutable_cids()->SwapElements(0, 1); }));
}

TEST(FingerprintTest, LeavesOutWhatDoesNot) {
  using Request = v1::SetActionRequest;
  const std::string base = FingerprintOf([](Request&) {});
  EXPECT_EQ(base, FingerprintOf([](Request& request) { request.set_bearer_token("other"); }));
  EXPECT_EQ(base, FingerprintOf([](Request& request) { request.set_source_ip("::1"); }));
  EXPECT_EQ(base, FingerprintOf([](Request& request) { request.set_request_id("r2"); }));
  EXPECT_EQ(base,
            FingerprintOf([](Request& request) { request.mutable_timeout()->set_seconds(1); }));
  EXPECT_EQ(base, FingerprintOf([](Request& request) { request.set_cids(1, " 1234567 "); }));
}

}  // namespace
}  // namespace tms::action
