// The dashboard's files as routes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/gateway/route_table.h"
#include "services/gateway/web_files.h"

namespace tms::gateway {

// Paths at which the page itself is served; its own script shows what the path names.
inline constexpr std::string_view kPagePaths[] = {"/",     "/login",     "/set-action",
                                                  "/jobs", "/jobs/{id}", "/overview"};

// By the path's extension; `application/octet-stream` if that is not known.
std::string MediaTypeOf(std::string_view path);

// One route for each file: at its own path, where browsers ask each time whether it has changed,
// and below `/v/VERSION/`, where they keep it. VERSION is made of all files. In HTML, `/@/` stands
// for the latter, so that a page and its scripts always belong together.
std::vector<Route> WebRoutes(std::span<const WebFile> files);

}  // namespace tms::gateway
