#include "services/gateway/legacy_answers.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "services/gateway/transcode.h"

namespace tms::gateway {

namespace json = boost::json;

http::Response RedirectToLogin() { return {.status = 302, .headers = {{"Location", "/login"}}}; }

http::Response LegacyUnauthorized() {
  http::Response response = JsonResponse(R"({"error":"Unauthorized"})");
  response.status = 401;
  return response;
}

http::Response LegacyFailure(int http_status, std::string_view message) {
  http::Response response = JsonResponse(json::serialize(
      json::object{{"success", false},
                   {"status", "error"},
                   {"message", json::string_view(message.data(), message.size())}}));
  response.status = http_status;
  return response;
}

http::Response NotServedHere() {
  return LegacyFailure(501,
                       "This part of the old dashboard is not served here; only Set Actions are");
}

}  // namespace tms::gateway
