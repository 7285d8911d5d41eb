#include "services/action/cluster/classification.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/base/text.h"

namespace tms::action {
namespace {

using tms::ledger::v1::Job;
using tms::ledger::v1::JobFinished;

constexpr char kToken[] = "canary-token-0123456789";

CallFacts Ended(Ending ending, bool bytes_written, std::string detail = "it failed") {
  CallFacts facts;
  facts.ending = ending;
  facts.detail = std::move(detail);
  facts.request_bytes_written = bytes_written;
  facts.timeout = absl::Seconds(30);
  facts.elapsed = absl::Milliseconds(1250);
  return facts;
}

CallFacts Answered(int status, std::string body, Ending ending = Ending::kComplete) {
  CallFacts facts = Ended(ending, true);
  facts.answer = Answer{status, "Some Reason", std::move(body)};
  return facts;
}

void ExpectFailed(const JobFinished& finished, Job::FailureReason reason, Job::Effect effect,
                  const std::string& message) {
  EXPECT_EQ(finished.status(), Job::FAILED);
  EXPECT_EQ(finished.failure_reason(), reason)
      << Job::FailureReason_Name(finished.failure_reason());
  EXPECT_EQ(finished.effect(), effect) << Job::Effect_Name(finished.effect());
  EXPECT_EQ(finished.error_message(), message);
}

void ExpectSucceeded(const JobFinished& finished, int http_status) {
  EXPECT_EQ(finished.status(), Job::SUCCESS);
  EXPECT_EQ(finished.failure_reason(), Job::FAILURE_REASON_UNSPECIFIED);
  EXPECT_EQ(finished.effect(), Job::APPLIED);
  EXPECT_EQ(finished.http_status(), http_status);
  EXPECT_FALSE(finished.has_error_message());
}

TEST(Classification, GivenUpBeforeTheFirstByte) {
  const JobFinished finished = Classify(Ended(Ending::kGivenUp, false, "deadline slept"), kToken);
  ExpectFailed(finished, Job::NOT_CALLED, Job::NOT_APPLIED, "deadline slept");
  EXPECT_FALSE(finished.has_http_status());
  EXPECT_FALSE(finished.has_response_summary());
  EXPECT_FALSE(finished.has_elapsed());
}

TEST(Classification, NoConnection) {
  const JobFinished finished = Classify(Ended(Ending::kBroken, false, "refused"), kToken);
  ExpectFailed(finished, Job::CONNECT_ERROR, Job::NOT_APPLIED, "refused");
  EXPECT_FALSE(finished.has_http_status());
  EXPECT_FALSE(finished.has_response_summary());
  EXPECT_EQ(finished.elapsed().seconds(), 1);
  EXPECT_EQ(finished.elapsed().nanos(), 250'000'000);
}

TEST(Classification, TimeoutWithoutAnAnswer) {
  const JobFinished after = Classify(Ended(Ending::kTimedOut, true), kToken);
  ExpectFailed(after, Job::TIMEOUT, Job::UNKNOWN, "Request timeout after 30s");
  EXPECT_FALSE(after.has_http_status());
  ExpectFailed(Classify(Ended(Ending::kTimedOut, false), kToken), Job::TIMEOUT, Job::NOT_APPLIED,
               "Request timeout after 30s");
}

TEST(Classification, TimeoutNamesTheEffectiveValue) {
  CallFacts facts = Ended(Ending::kTimedOut, true);
  for (const auto& [timeout, text] :
       {std::pair{absl::Milliseconds(1500), "1.5s"}, std::pair{absl::Milliseconds(250), "0.25s"},
        std::pair{absl::Seconds(120), "120s"}}) {
    facts.timeout = timeout;
    EXPECT_EQ(Classify(facts, kToken).error_message(),
              std::string("Request timeout after ") + text);
  }
}

TEST(Classification, TimeoutOfTheBodyKeepsTheStatus) {
  const JobFinished finished = Classify(Answered(200, "{\"succ", Ending::kTimedOut), kToken);
  ExpectFailed(finished, Job::TIMEOUT, Job::UNKNOWN, "Request timeout after 30s");
  EXPECT_EQ(finished.http_status(), 200);
  EXPECT_EQ(finished.response_summary(), "{\"succ");
}

TEST(Classification, ConnectionLost) {
  const JobFinished finished = Classify(Ended(Ending::kBroken, true, "reset by peer"), kToken);
  ExpectFailed(finished, Job::CONNECTION_LOST, Job::UNKNOWN, "reset by peer");
  EXPECT_FALSE(finished.has_http_status());
}

TEST(Classification, EveryRedirect) {
  for (int status = 300; status < 400; ++status) {
    const JobFinished finished = Classify(Answered(status, "moved"), kToken);
    const bool untouched = status == 307 || status == 308;
    ExpectFailed(finished, Job::HTTP_ERROR, untouched ? Job::NOT_APPLIED : Job::UNKNOWN,
                 "API returned status " + std::to_string(status) + ": redirect not followed");
    EXPECT_EQ(finished.http_status(), status);
  }
}

TEST(Classification, ChangeOfProtocol) {
  ExpectFailed(Classify(Answered(101, ""), kToken), Job::HTTP_ERROR, Job::UNKNOWN,
               "API returned status 101: change of protocol not followed");
}

TEST(Classification, EveryErrorStatus) {
  for (int status = 400; status < 1000; ++status) {
    const JobFinished finished = Classify(Answered(status, ""), kToken);
    const bool refused = status < 500 && status != 408;
    ExpectFailed(finished, Job::HTTP_ERROR, refused ? Job::NOT_APPLIED : Job::UNKNOWN,
                 "API returned status " + std::to_string(status) + ": Some Reason");
    EXPECT_EQ(finished.http_status(), status);
  }
}

TEST(Classification, AnErrorStatusDecidesWhateverBecomesOfTheBody) {
  for (const Ending ending :
       {Ending::kTimedOut, Ending::kBroken, Ending::kBodyTooLarge, Ending::kComplete}) {
    const JobFinished finished = Classify(Answered(503, "down for", ending), kToken);
    ExpectFailed(finished, Job::HTTP_ERROR, Job::UNKNOWN, "API returned status 503: down for");
    EXPECT_EQ(finished.response_summary(), "down for");
    EXPECT_EQ(finished.response_summary_cut(), ending == Ending::kBodyTooLarge);
  }
}

TEST(Classification, AnErrorQuotesTheFirst200CharactersOfTheBody) {
  std::string body = " \r\n";
  for (int i = 0; i < 300; ++i) body += "\xF0\x9F\x90\x99";  // one character of four bytes
  const std::string message = Classify(Answered(500, body), kToken).error_message();
  EXPECT_EQ(CountCharacters(message), std::string("API returned status 500: ").size() + 200);
  EXPECT_TRUE(IsValidUtf8(message));
}

TEST(Classification, AnErrorPutsForeignTextOnOneLine) {
  const std::string body("a\r\nb\0\xFF_\n", 8);
  EXPECT_EQ(Classify(Answered(500, body), kToken).error_message(),
            "API returned status 500: a  b \xEF\xBF\xBD_");
}

TEST(Classification, AnErrorWithoutAnyTextIsStillSaid) {
  CallFacts facts = Answered(502, " \n");
  facts.answer->reason_phrase.clear();
  EXPECT_EQ(Classify(facts, kToken).error_message(), "API returned status 502");
}

TEST(Classification, CutBody) {
  ExpectFailed(Classify(Answered(200, "{\"success\":true", Ending::kBroken), kToken),
               Job::INVALID_RESPONSE, Job::UNKNOWN, "Response body was cut: it failed");
}

TEST(Classification, OversizedBody) {
  const JobFinished finished =
      Classify(Answered(200, "{\"success\":true}", Ending::kBodyTooLarge), kToken);
  ExpectFailed(finished, Job::INVALID_RESPONSE, Job::UNKNOWN,
               "Response body is larger than 16 bytes");
  EXPECT_TRUE(finished.response_summary_cut());
}

TEST(Classification, BodyThatIsNotJson) {
  for (const char* body : {"<html>", "{", "{\"success\":true", "{\"success\":true} x", "nope",
                           "{'success':true}", "\"\xFF\"", "[1,]", "\xEF\xBB\xBF{}"}) {
    const JobFinished finished = Classify(Answered(200, body), kToken);
    EXPECT_EQ(finished.failure_reason(), Job::INVALID_RESPONSE) << body;
    EXPECT_EQ(finished.effect(), Job::UNKNOWN) << body;
    EXPECT_TRUE(finished.error_message().starts_with("Invalid JSON response: ")) << body;
    EXPECT_EQ(finished.http_status(), 200);
  }
}

TEST(Classification, DeepJsonIsNotUnderstood) {
  EXPECT_EQ(Classify(Answered(200, std::string(100'000, '[')), kToken).failure_reason(),
            Job::INVALID_RESPONSE);
  const std::string deep = std::string(33, '[') + std::string(33, ']');
  EXPECT_EQ(Classify(Answered(200, deep), kToken).failure_reason(), Job::INVALID_RESPONSE);
  ExpectSucceeded(Classify(Answered(200, deep.substr(1, 64)), kToken), 200);
}

TEST(Classification, SuccessThatIsNeitherTrueNorFalse) {
  for (const char* value : {"null", "0", "1", "\"true\"", "\"false\"", "[]", "{}", "1.5"}) {
    ExpectFailed(Classify(Answered(200, std::string("{\"success\":") + value + "}"), kToken),
                 Job::INVALID_RESPONSE, Job::UNKNOWN,
                 "Invalid JSON response: `success` is neither true nor false");
  }
}

TEST(Classification, Rejected) {
  const JobFinished finished = Classify(
      Answered(200, R"({"message":"TMS bootstrap status(INIT) is not Ready","success":false})"),
      kToken);
  ExpectFailed(finished, Job::REJECTED, Job::NOT_APPLIED,
               "TMS bootstrap status(INIT) is not Ready");
  EXPECT_EQ(finished.http_status(), 200);
}

TEST(Classification, RejectedWithoutAProperMessage) {
  const auto message = [](const char* body) {
    return Classify(Answered(200, body), kToken).error_message();
  };
  EXPECT_EQ(message(R"({"success":false})"), "The cluster refused without a message");
  EXPECT_EQ(message(R"({"success":false,"message":null})"),
            "The cluster refused without a message");
  EXPECT_EQ(message(R"({"success":false,"message":{"code":7}})"), R"({"code":7})");
  EXPECT_EQ(message(R"({"success":false,"message":"a\r\nb\u0000c"})"), "a  b c");
}

TEST(Classification, ALongRefusalIsBoundedInTheMessageAndWholeInTheSummary) {
  const std::string reason = "those CIDs [" + std::string(3030, 'x') + "] no";
  const std::string body = R"({"success":false,"message":")" + reason + "\"}";
  const JobFinished finished = Classify(Answered(200, body), kToken);
  EXPECT_EQ(finished.error_message(), reason.substr(0, 1000));
  EXPECT_EQ(finished.response_summary(), body);
  EXPECT_FALSE(finished.response_summary_cut());
}

TEST(Classification, Success) {
  for (const char* body : {R"({"message":"Sending action","success":true})", "{}", "", " \r\n",
                           R"({"message":"no word about it"})", "[]", "[{\"success\":false}]",
                           "true", "false", "null", "7", "\"text\"", " {\"success\":true}\n"}) {
    for (const int status : {200, 201, 202, 204, 299}) {
      const JobFinished finished = Classify(Answered(status, body), kToken);
      ExpectSucceeded(finished, status);
      EXPECT_EQ(finished.response_summary(), body);
      EXPECT_TRUE(finished.has_elapsed());
    }
  }
}

TEST(Classification, TheSummaryIsCutAtACharacter) {
  const std::string body = "\"" + std::string(8190, 'x') + "\xC3\xA9" + "\"";
  const JobFinished finished = Classify(Answered(200, body), kToken);
  EXPECT_EQ(finished.response_summary(), "\"" + std::string(8190, 'x'));
  EXPECT_TRUE(finished.response_summary_cut());
  const std::string fits = "\"" + std::string(8190, 'x') + "\"";
  EXPECT_EQ(Classify(Answered(200, fits), kToken).response_summary(), fits);
  EXPECT_FALSE(Classify(Answered(200, fits), kToken).response_summary_cut());
}

TEST(Classification, TheSummaryIsAlwaysUtf8) {
  const JobFinished finished = Classify(Answered(500, std::string(9000, '\x80')), kToken);
  EXPECT_TRUE(IsValidUtf8(finished.response_summary()));
  EXPECT_TRUE(IsValidUtf8(finished.error_message()));
  EXPECT_LE(finished.response_summary().size(), 8192U);
  EXPECT_TRUE(finished.response_summary_cut());
}

TEST(Classification, NoTextHoldsTheToken) {
  const std::string token = kToken;
  const std::string escaped = "\\u0063" + token.substr(1);
  std::vector<CallFacts> cases = {
      Answered(401, "bad " + token),
      Answered(500, std::string(190, 'x') + token),
      Answered(200, R"({"success":false,"message":")" + token + "\"}"),
      Answered(200, R"({"success":false,"message":")" + escaped + "\"}"),
      Answered(200, std::string(8180, ' ') + token),
      Answered(200, "not JSON " + token),
      Answered(200, "{\"a\":\"" + token.substr(0, 20), Ending::kBroken)};
  CallFacts reason = Answered(401, "");
  reason.answer->reason_phrase = "Unknown " + token;
  cases.push_back(reason);
  for (const CallFacts& facts : cases) {
    const JobFinished finished = Classify(facts, token);
    EXPECT_EQ(finished.DebugString().find(token.substr(0, 12)), std::string::npos)
        << finished.DebugString();
  }
  EXPECT_EQ(Classify(cases[0], token).error_message(), "API returned status 401: bad [token]");
}

}  // namespace
}  // namespace tms::action
