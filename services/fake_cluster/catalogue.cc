#include <span>

#include "services/fake_cluster/answers.h"
#include "services/fake_cluster/behaviour.h"

namespace tms::fake_cluster {
namespace {

constexpr Canned kRefusedByState = {
    .body = R"({"message":"TMS bootstrap status(INIT) is not Ready","success":false})"};
constexpr Canned kNoSuccess = {.body = R"({"message":"Sending action to migration services"})"};
constexpr Canned kSuccessAsText = {.body = R"({"message":"ok","success":"true"})"};
constexpr Canned kList = {.body = R"(["Sending action to migration services"])"};
constexpr Canned kEmpty200 = {};
constexpr Canned kEmpty204 = {.status = 204, .reason = "No Content"};
constexpr Canned kNotJson = {.body = "<html><body>Welcome</body></html>",
                             .content_type = "text/html"};
constexpr Canned kBadUtf8 = {.body = "{\"message\":\"\xff\xfe\",\"success\":true}"};
constexpr Canned kBadRequest = {
    .status = 400, .reason = "Bad Request", .body = R"({"message":"malformed request"})"};
constexpr Canned kUnauthorized = {.status = 401,
                                  .reason = "Unauthorized",
                                  .body =
                                      R"({"errorCode":"FAKE_UNAUTHORIZED","httpStatusCode":401,)"
                                      R"("message":"Invalid access token","debugId":"0"})"};
constexpr Canned kNotFound = {.status = 404, .reason = "Not Found"};
constexpr Canned kRequestTimeout = {.status = 408, .reason = "Request Timeout"};
constexpr Canned kTooMany = {.status = 429,
                             .reason = "Too Many Requests",
                             .body = R"({"message":"slow down"})",
                             .headers = "Retry-After: 5\r\n"};
constexpr Canned kInternal = {.status = 500,
                              .reason = "Internal Server Error",
                              .body = R"({"message":"NullPointerException"})"};
constexpr Canned kUnavailable = {.status = 503,
                                 .reason = "Service Unavailable",
                                 .body = "no healthy upstream",
                                 .content_type = "text/plain"};
constexpr Canned kGatewayTimeout = {.status = 504,
                                    .reason = "Gateway Timeout",
                                    .body = "<html><h1>504 Gateway Time-out</h1></html>",
                                    .content_type = "text/html"};

// `applies` is the worst that the client cannot rule out: where nothing it can see says whether the
// cluster acted, it did.
constexpr Behaviour kCatalogue[] = {
    {"accepted", "", "200, success true", true, &SendAlways<kAccepted>},
    {"refused-state", "", "200, success false, not ready", false, &SendAlways<kRefusedByState>},
    {"refused-cids", "count", "200, success false, names the cids, or the first so many", false,
     &RefuseCids},
    {"no-success", "", "200, an object without success", true, &SendAlways<kNoSuccess>},
    {"success-text", "", "200, success is a text", true, &SendAlways<kSuccessAsText>},
    {"list", "", "200, a JSON list", true, &SendAlways<kList>},
    {"empty-200", "", "200 without a body", true, &SendAlways<kEmpty200>},
    {"empty-204", "", "204", true, &SendAlways<kEmpty204>},
    {"not-json", "", "200, HTML", true, &SendAlways<kNotJson>},
    {"bad-utf8", "", "200, JSON with invalid UTF-8", true, &SendAlways<kBadUtf8>},
    {"big-json", "bytes", "200, success true, a body of that size", true, &SendBigJson},
    {"echo-token", "", "200, success false, the message repeats the token", false, &EchoToken},

    {"400", "", "400, malformed request", false, &SendAlways<kBadRequest>},
    {"401", "", "401, invalid token", false, &SendAlways<kUnauthorized>},
    {"404", "", "404 without a body", false, &SendAlways<kNotFound>},
    {"408", "", "408 without a body", true, &SendAlways<kRequestTimeout>},
    {"429", "", "429 with Retry-After", false, &SendAlways<kTooMany>},
    {"500", "", "500, JSON", true, &SendAlways<kInternal>},
    {"503", "", "503, text", false, &SendAlways<kUnavailable>},
    {"504", "", "504, HTML", true, &SendAlways<kGatewayTimeout>},
    {"status", "status", "the status that is asked for", false, &SendStatus},
    {"302", "location", "302 to another path of this server", true, &Redirect302},
    {"307", "location", "307 to another path of this server", false, &Redirect307},
    {"redirect-self", "", "302 to the same path", true, &RedirectToItself},
    {"101", "", "101 to websocket", true, &SwitchProtocols},

    {"chunked", "", "200, success true, in two chunks", true, &SendInChunks},
    {"until-close", "", "200, success true, ended by close", true, &SendUntilClose},
    {"linger", "", "200, success true, never closed", true, &SendAndLinger},
    {"100-continue", "", "100, then 200, success true", true, &SendContinueFirst},
    {"103-hints", "", "103, then 200, success true", true, &SendEarlyHintsFirst},

    {"delay", "ms", "200, success true, after that time", true, &AcceptAfterDelay},
    {"slow", "", "200, success true, after 0.28 s or 10 to 18 s", true, &AcceptSlowly},
    {"slow-headers", "ms", "200, success true, a byte each ms", true, &DribbleHead},
    {"slow-body", "ms", "200, success true, a byte of the body each ms", true, &DribbleBody},
    {"never", "", "nothing", true, &NeverAnswer},

    {"endless-headers", "bytes", "200 and header lines without end", true, &EndlessHeaders},
    {"endless-body", "bytes", "200 and chunks without end", true, &EndlessBody},
    {"gzip-bomb", "bytes", "200, gzip that unpacks to that size", true, &GzipBomb},

    {"cut-body", "", "200, half of the body, then close", true, &CutBody},
    {"cut-chunk", "", "200, half of a chunk, then close", true, &CutChunk},
    {"not-http", "", "a line of SMTP, then close", true, &SpeakSomethingElse},
    {"close", "", "close without an answer", true, &CloseSilently},
    {"reset-before-answer", "", "reset once the request was read", true, &ResetNow},
    {"reset-in-answer", "bytes ms", "reset after so many bytes of the answer", true,
     &ResetInAnswer},
    {"reset-in-body", "bytes", "reset after the head and so many bytes of the body", false,
     &ResetNow, Phase::kSomeBody},
    {"reset-in-request", "bytes", "reset after so many bytes of the request", false, &ResetNow,
     Phase::kSomeRequest},
    {"reset-before-read", "", "reset with the request unread", false, &ResetOnceBytesCame,
     Phase::kAccepted},
    {"reset-on-accept", "", "reset at once", false, &ResetNow, Phase::kAccepted},
};

}  // namespace

std::span<const Behaviour> Catalogue() { return kCatalogue; }

}  // namespace tms::fake_cluster
