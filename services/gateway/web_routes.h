// The dashboard's files as routes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/gateway/route_table.h"
#include "services/gateway/web_files.h"

namespace tms::gateway {

// Where the page itself is served, whose own script shows what the path names, and the module that
// shows it.
struct Page {
  std::string_view path;
  std::string_view view;
};
inline constexpr Page kPages[] = {
    {"/", "/app/views/overview.js"},   {"/overview", "/app/views/overview.js"},
    {"/jobs", "/app/views/jobs.js"},   {"/jobs/{id}", "/app/views/job.js"},
    {"/login", "/app/views/login.js"}, {"/set-action", "/app/views/set_action.js"},
};

// By the path's extension; `application/octet-stream` if that is not known.
std::string MediaTypeOf(std::string_view path);

// One route for each file: at its own path, where browsers ask each time whether it has changed,
// and below `/v/VERSION/`, where they keep it. VERSION is made of all files. In HTML, `/@/` stands
// for the latter, so that a page and its scripts always belong together, and `<!-- modules -->` for
// links to the modules that the page will need.
std::vector<Route> WebRoutes(std::span<const WebFile> files);

}  // namespace tms::gateway
