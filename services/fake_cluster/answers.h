// The answers that the catalogue is made of. Each gets a request that was read as far as its
// behaviour's phase says, and returns when nothing more is to be sent.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string_view>

#include "services/fake_cluster/exchange.h"

namespace tms::fake_cluster {

using Answer = boost::asio::awaitable<void>;

// An orderly answer that is always the same.
struct Canned {
  int status = 200;
  std::string_view reason = "OK";
  std::string_view body = {};
  std::string_view content_type = "application/json";
  std::string_view headers = {};
};
Answer SendCanned(Exchange& exchange, const Canned& canned);

template <const Canned& kCanned>
Answer SendAlways(Exchange& exchange) {
  return SendCanned(exchange, kCanned);
}

inline constexpr Canned kAccepted = {
    .body = R"({"message":"Sending action to migration services","success":true})"};

// Orderly answers that depend on the request or on parameters.
Answer RefuseCids(Exchange& exchange);
Answer SendStatus(Exchange& exchange);
Answer Redirect302(Exchange& exchange);
Answer Redirect307(Exchange& exchange);
Answer RedirectToItself(Exchange& exchange);
Answer EchoToken(Exchange& exchange);
Answer SendBigJson(Exchange& exchange);

// `accepted`, in an unusual but correct form.
Answer SendInChunks(Exchange& exchange);
Answer SendUntilClose(Exchange& exchange);
Answer SendAndLinger(Exchange& exchange);
Answer SendContinueFirst(Exchange& exchange);
Answer SendEarlyHintsFirst(Exchange& exchange);

// `accepted`, late.
Answer AcceptAfterDelay(Exchange& exchange);
Answer AcceptSlowly(Exchange& exchange);
Answer DribbleHead(Exchange& exchange);
Answer DribbleBody(Exchange& exchange);
Answer NeverAnswer(Exchange& exchange);

// Too much.
Answer EndlessHeaders(Exchange& exchange);
Answer EndlessBody(Exchange& exchange);
Answer GzipBomb(Exchange& exchange);

// Broken off, or no answer at all.
Answer CutBody(Exchange& exchange);
Answer CutChunk(Exchange& exchange);
Answer SwitchProtocols(Exchange& exchange);
Answer SpeakSomethingElse(Exchange& exchange);
Answer CloseSilently(Exchange& exchange);
Answer ResetNow(Exchange& exchange);
Answer ResetOnceBytesCame(Exchange& exchange);
Answer ResetInAnswer(Exchange& exchange);

}  // namespace tms::fake_cluster
