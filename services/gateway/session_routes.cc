#include "services/gateway/session_routes.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/secret.h"
#include "common/base/status.h"
#include "common/base/time_text.h"
#include "common/runtime/logging.h"
#include "services/gateway/authenticator.h"
#include "services/gateway/legacy_answers.h"
#include "services/gateway/transcode.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using Answer = absl::StatusOr<http::Response>;

// A name and a password of at most 1,024 bytes, every character escaped.
constexpr size_t kMaxLoginBytes = size_t{16} * 1024;
// One message for every cause.
constexpr std::string_view kWrong = "Invalid username or password";

struct Credentials {
  std::string user;
  Secret password;
};

json::string_view View(std::string_view text) { return {text.data(), text.size()}; }

std::string TextOf(const json::object& object, std::string_view name) {
  const auto* member = object.if_contains(View(name));
  if (member == nullptr || !member->is_string()) return "";
  return {member->as_string().data(), member->as_string().size()};
}

absl::StatusOr<Credentials> ParseLogin(const http::Request& request) {
  TMS_ASSIGN_OR_RETURN(const json::object body, ParseObject(request.body));
  Credentials credentials{TextOf(body, "username"), Secret(TextOf(body, "password"))};
  Violations violations;
  if (credentials.user.empty() || credentials.user.size() > 128) {
    violations.Add("username", "must be text of 1 to 128 bytes");
  }
  if (credentials.password.empty() || credentials.password.Reveal().size() > kMaxPasswordBytes) {
    violations.Add("password", "must be text of 1 to 1,024 bytes");
  }
  TMS_RETURN_IF_ERROR(violations.ToStatus());
  return credentials;
}

std::string Cookie(std::string_view value, bool secure, bool expired) {
  std::string cookie = std::string(kSessionCookie) + "=" + std::string(value) +
                       "; Path=/; HttpOnly; SameSite=Strict";
  if (secure) cookie += "; Secure";
  if (expired) cookie += "; Max-Age=0";
  return cookie;
}

http::Response TooManyTries(absl::Duration wait) {
  const int64_t seconds = absl::ToInt64Seconds(absl::Ceil(wait, absl::Seconds(1)));
  http::Response response =
      LegacyFailure(429, "Too many failed logins; try again in " + std::to_string(seconds) + " s");
  response.headers.push_back({"Retry-After", std::to_string(seconds)});
  return response;
}

// The account, if the password is its own and it may log in.
asio::awaitable<absl::StatusOr<std::optional<Account>>> Verify(LoginParts& parts,
                                                               Credentials credentials) {
  const std::optional<Account> account = parts.users.Find(credentials.user);
  std::optional<std::string> hash;
  if (account.has_value()) hash = account->password_hash;
  const absl::StatusOr<bool> right =
      co_await parts.passwords.Check(std::move(hash), std::move(credentials.password));
  if (!right.ok()) co_return right.status();
  // Only now, so that a disabled account takes as long as any other.
  if (!*right || account->disabled) co_return std::nullopt;
  co_return account;
}

http::Response Welcome(LoginParts& parts, const RequestContext& context, const Account& account) {
  // Whatever session the browser had before is not carried on.
  const std::string_view before = SessionIdOf(context.request);
  if (const auto session = parts.sessions.Touch(before)) {
    parts.sessions.End(session->caller.session);
  }
  const std::string id = parts.sessions.Begin(
      {.user = account.user, .roles = account.roles, .account_version = account.version});
  parts.audit.Record(MakeAuditRecord(account.user, context.client_address, {.action = "LOGIN"}));
  log::Info("AUTH", "login", {{"user", account.user}, {"peer", context.client_address}});
  http::Response response = JsonResponse(json::serialize(
      json::object{{"success", true}, {"message", "Login successful"}, {"user", account.user}}));
  response.headers.push_back({"Set-Cookie", Cookie(id, parts.secure_cookie, false)});
  return response;
}

http::Response Refuse(LoginParts& parts, const RequestContext& context, std::string_view user,
                      std::string_view why) {
  // What is no account's name may be a password that somebody typed into the wrong field.
  const bool known = parts.users.Find(user).has_value();
  parts.audit.Record(
      MakeAuditRecord(known ? user : "", context.client_address,
                      {.action = "LOGIN_FAILED", .success = false, .detail = std::string(why)}));
  log::Info("AUTH", "login_failed",
            {{"user", known ? user : "(unknown)"}, {"peer", context.client_address}});
  return LegacyFailure(401, kWrong);
}

asio::awaitable<Answer> Login(LoginParts& parts, const RequestContext& context) {
  absl::StatusOr<Credentials> credentials = ParseLogin(context.request);
  if (!credentials.ok()) co_return LegacyFailure(400, Message(credentials.status()));
  const std::string user = credentials->user;
  const std::string& address = context.client_address;
  const absl::Duration wait = parts.throttle.Begin(user, address);
  if (wait > absl::ZeroDuration()) {
    parts.metrics.CountLogin(LoginResult::kThrottled);
    Refuse(parts, context, user, "too many tries");
    co_return TooManyTries(wait);
  }
  const auto account = co_await Verify(parts, *std::move(credentials));
  if (!account.ok()) {
    parts.metrics.CountLogin(LoginResult::kBusy);
    co_return LegacyFailure(503, Message(account.status()));
  }
  if (!account->has_value()) {
    parts.metrics.CountLogin(LoginResult::kFailed);
    co_return Refuse(parts, context, user, "wrong password or no account");
  }
  parts.metrics.CountLogin(LoginResult::kOk);
  parts.throttle.Succeeded(user, address);
  co_return Welcome(parts, context, **account);
}

asio::awaitable<Answer> Logout(LoginParts& parts, const RequestContext& context) {
  if (!context.caller.session.empty()) parts.sessions.End(context.caller.session);
  parts.audit.Record(MakeAuditRecord(context, {.action = "LOGOUT"}));
  http::Response response = JsonResponse(R"({"success":true,"message":"Logged out successfully"})");
  response.headers.push_back({"Set-Cookie", Cookie("", parts.secure_cookie, true)});
  co_return response;
}

asio::awaitable<Answer> GetUserInfo(LoginParts& parts, const RequestContext& context) {
  absl::Time login = absl::Now(), activity = login;
  // Without one, a proxy vouches for this very request.
  if (const auto session = parts.sessions.Peek(context.caller.session)) {
    login = session->login_time;
    activity = session->last_activity;
  }
  co_return JsonResponse(
      json::serialize(json::object{{"user_id", context.caller.user},
                                   {"login_time", FormatTimestamp(login)},
                                   {"last_activity", FormatTimestamp(activity)}}));
}

asio::awaitable<Answer> GetUserRole(LoginParts&, const RequestContext& context) {
  co_return JsonResponse(json::serialize(json::object{
      {"is_admin", context.caller.roles.Has(Role::kAdmin)}, {"user_id", context.caller.user}}));
}

RouteHandler With(LoginParts& parts,
                  asio::awaitable<Answer> (*handle)(LoginParts&, const RequestContext&)) {
  return [&parts, handle](const RequestContext& context) { return handle(parts, context); };
}

}  // namespace

std::vector<Route> SessionRoutes(LoginParts& parts) {
  return {
      {.method = "POST",
       .pattern = "/api/login",
       .access = Access::kAnyone,
       .style = Style::kLegacy,
       .max_body_bytes = kMaxLoginBytes,
       .handler = With(parts, Login)},
      {.method = "POST",
       .pattern = "/api/logout",
       .style = Style::kLegacy,
       .max_body_bytes = kMaxLoginBytes,
       .body_optional = true,
       .handler = With(parts, Logout)},
      {.method = "GET",
       .pattern = "/api/user/info",
       .style = Style::kLegacy,
       .handler = With(parts, GetUserInfo)},
      {.method = "GET",
       .pattern = "/api/user/role",
       .style = Style::kLegacy,
       .handler = With(parts, GetUserRole)},
  };
}

}  // namespace tms::gateway
