// The forms in which the replaced system answered.
#pragma once

#include <string>
#include <string_view>

#include "common/http/message.h"

namespace tms::gateway {

// 302 to the login page.
http::Response RedirectToLogin();

// 401 `{"error":"Unauthorized"}`: our own session is gone, which is not what a cluster's 401 means.
http::Response LegacyUnauthorized();

// `{success:false,status:"error",message}`, which fits all of its routes.
http::Response LegacyFailure(int http_status, std::string_view message);

// 501: what the replaced system did beside Set Actions.
http::Response NotServedHere();

}  // namespace tms::gateway
