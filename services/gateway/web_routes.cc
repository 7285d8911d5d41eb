#include "services/gateway/web_routes.h"

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <memory>
#include <utility>

#include "common/base/digest.h"
#include "common/base/text.h"
#include "services/gateway/web_modules.h"

namespace tms::gateway {
namespace {

namespace asio = boost::asio;

constexpr std::string_view kPageFile = "/index.html";
constexpr std::string_view kMainModule = "/app/main.js";
// In the page: where files are by name and version; and where the links go by which a browser asks
// for all modules at once, rather than for each when another has imported it.
constexpr std::string_view kVersionMark = "/@/";
constexpr std::string_view kModulesMark = "<!-- modules -->";

// Only what is served from here may run or be shown; inline scripts and styles never.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

struct MediaType {
  std::string_view extension;
  std::string_view type;
};
constexpr MediaType kMediaTypes[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
    {".woff2", "font/woff2"},
};

// 16 hex digits of the content's digest: nobody attacks these names, they only have to differ.
std::string ShortDigest(std::string_view content) {
  return HexEncode(Sha256(content)).substr(0, 16);
}

std::string VersionOf(std::span<const WebFile> files) {
  PartsEncoder parts;
  for (const WebFile& file : files) parts.Add(file.path).Add(file.content);
  return ShortDigest(parts.bytes());
}

std::string ModuleLinks(std::span<const WebFile> files, std::string_view view) {
  std::string links;
  for (const std::string& path : ModulesOf(files, {std::string(kMainModule), std::string(view)})) {
    links += "<link rel=\"modulepreload\" href=\"/@" + path + "\">";
  }
  return links;
}

// `view`: the module that shows what is at the page's path; may be empty.
std::string Expand(std::string page, const std::string& version, std::span<const WebFile> files,
                   std::string_view view) {
  boost::replace_all(page, kModulesMark, ModuleLinks(files, view));
  boost::replace_all(page, kVersionMark, "/v/" + version + "/");
  return page;
}

// A file ready to be sent. Immutable, shared by its routes.
struct Asset {
  std::string content;
  std::string media_type;
  std::string etag;
};

std::shared_ptr<const Asset> MakeAsset(std::string content, std::string media_type) {
  std::string etag = '"' + ShortDigest(content) + '"';
  return std::make_shared<const Asset>(
      Asset{std::move(content), std::move(media_type), std::move(etag)});
}

bool Matches(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.find(etag) != if_none_match.npos;
}

http::Response Serve(const Asset& asset, std::string_view cache, const RequestContext& context) {
  http::Response response{.headers = {{"Content-Type", asset.media_type},
                                      {"ETag", asset.etag},
                                      {"Cache-Control", std::string(cache)},
                                      {"Content-Security-Policy", std::string(kPolicy)},
                                      {"Referrer-Policy", "no-referrer"},
                                      {"Cross-Origin-Opener-Policy", "same-origin"},
                                      {"Cross-Origin-Resource-Policy", "same-origin"}}};
  if (Matches(context.request.FindHeader("if-none-match"), asset.etag)) {
    response.status = 304;
  } else {
    response.body = asset.content;
  }
  return response;
}

Route AssetRoute(std::string pattern, std::shared_ptr<const Asset> asset, std::string_view cache) {
  return {.method = "GET",
          .pattern = std::move(pattern),
          .access = Access::kAnyone,
          .counted_as = "(page)",
          .handler = [asset = std::move(asset), cache](const RequestContext& context)
              -> asio::awaitable<absl::StatusOr<http::Response>> {
            co_return Serve(*asset, cache, context);
          }};
}

}  // namespace

std::string MediaTypeOf(std::string_view path) {
  for (const MediaType& media : kMediaTypes) {
    if (path.ends_with(media.extension)) return std::string(media.type);
  }
  return "application/octet-stream";
}

std::vector<Route> WebRoutes(std::span<const WebFile> files) {
  constexpr std::string_view kAskEachTime = "no-cache";
  constexpr std::string_view kKeep = "public, max-age=31536000, immutable";
  const std::string version = VersionOf(files);
  std::vector<Route> routes;
  for (const WebFile& file : files) {
    if (file.path.ends_with(".html")) {
      const auto page = [&](std::string_view path, std::string_view view) {
        std::string content = Expand(std::string(file.content), version, files, view);
        routes.push_back(AssetRoute(std::string(path),
                                    MakeAsset(std::move(content), MediaTypeOf(file.path)),
                                    kAskEachTime));
      };
      page(file.path, "");
      if (file.path != kPageFile) continue;
      for (const Page& each : kPages) page(each.path, each.view);
    } else {
      const auto asset = MakeAsset(std::string(file.content), MediaTypeOf(file.path));
      routes.push_back(AssetRoute(std::string(file.path), asset, kAskEachTime));
      routes.push_back(AssetRoute("/v/" + version + std::string(file.path), asset, kKeep));
    }
  }
  return routes;
}

}  // namespace tms::gateway
