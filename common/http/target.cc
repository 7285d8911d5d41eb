#include "common/http/target.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "common/base/status.h"
#include "common/base/text.h"

namespace tms::http {
namespace {

absl::Status Invalid(std::string_view why) {
  return MakeStatus(absl::StatusCode::kInvalidArgument, why);
}

absl::Status CheckSegment(std::string_view segment, bool last) {
  if (segment.empty() && !last) return Invalid("the path has an empty segment");
  if (segment == "." || segment == "..") return Invalid("the path has a dot segment");
  if (segment.find_first_of("/\\") != segment.npos) return Invalid("the path hides a slash");
  if (!IsPrintable(segment)) return Invalid("the path is not printable UTF-8");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Target> ParseTarget(std::string_view target) {
  namespace urls = boost::urls;
  if (!target.starts_with('/')) return Invalid("the target does not begin with a slash");
  // Boost.URL folds a leading `//` away, so that the segments below would not show it.
  if (target.starts_with("//")) return Invalid("the path has an empty segment");
  const auto url = urls::parse_origin_form(urls::string_view(target.data(), target.size()));
  if (!url.has_value()) return Invalid("the target is not a path with an optional query");

  Target result;
  for (const std::string& segment : url->segments()) result.path.push_back(segment);
  // `/` has no segments for Boost.URL; here it has one, as `/a/` has two.
  if (result.path.empty()) result.path.emplace_back();
  for (const std::string& segment : result.path) {
    TMS_RETURN_IF_ERROR(CheckSegment(segment, &segment == &result.path.back()));
  }
  if (!url->has_query()) return result;
  constexpr bool kSpaceAsPlus = true;
  for (const urls::param parameter : url->params(urls::encoding_opts(kSpaceAsPlus))) {
    if (!IsPrintable(parameter.key) || !IsPrintable(parameter.value)) {
      return Invalid("the query is not printable UTF-8");
    }
    // `a=1&&b=2` and a lone `?` have parameters without a name and a value: they say nothing.
    if (parameter.key.empty() && !parameter.has_value) continue;
    result.query.push_back({parameter.key, parameter.value});
  }
  return result;
}

}  // namespace tms::http
