#include "services/fake_cluster/behaviour.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <utility>

#include "common/base/status.h"

namespace tms::fake_cluster {
namespace {

// The only keys whose values are not numbers.
constexpr std::string_view kTextKeys[] = {"location", "salt"};
// Keeps sums of sizes and times away from overflow: a terabyte, or thirty years of milliseconds.
constexpr int64_t kMaxValue = 1'000'000'000'000;

// Cuts the part before `separator` off `text`.
std::string_view CutPart(std::string_view& text, char separator) {
  const size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

std::optional<int64_t> ParseInt(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < 0 || value > kMaxValue) return std::nullopt;
  return value;
}

bool TakesKey(const Behaviour& behaviour, std::string_view key) {
  if (key == "applied" || key == "salt") return true;
  std::string_view keys = behaviour.keys;
  while (!keys.empty()) {
    if (CutPart(keys, ' ') == key) return true;
  }
  return false;
}

absl::Status Wrong(std::string_view what, std::string_view value) {
  return MakeStatus(absl::StatusCode::kInvalidArgument,
                    std::string(what) + " `" + std::string(value) + "`");
}

}  // namespace

std::string DescribeCatalogue() {
  std::ostringstream text;
  for (const Behaviour& behaviour : Catalogue()) {
    text << "  " << behaviour.name;
    if (!behaviour.keys.empty()) text << " (" << behaviour.keys << ")";
    text << ": " << behaviour.help << "\n";
  }
  return text.str();
}

absl::StatusOr<Choice> Choice::Parse(std::string_view text) {
  const std::string_view name = CutPart(text, '~');
  const auto found = std::ranges::find(Catalogue(), name, &Behaviour::name);
  if (found == Catalogue().end()) return Wrong("no behaviour", name);
  Choice choice(&*found);
  while (!text.empty()) {
    std::string_view value = CutPart(text, '~');
    const std::string_view key = CutPart(value, '=');
    if (!TakesKey(*found, key)) return Wrong(std::string(name) + " does not take", key);
    const bool is_text = std::ranges::find(kTextKeys, key) != std::end(kTextKeys);
    if (!is_text && !ParseInt(value)) return Wrong(std::string(key) + " is not a number:", value);
    choice.values_.insert_or_assign(std::string(key), std::string(value));
  }
  return choice;
}

int64_t Choice::Int(std::string_view key, int64_t otherwise) const {
  const auto found = values_.find(key);
  return found == values_.end() ? otherwise : *ParseInt(found->second);
}

std::string Choice::Text(std::string_view key, std::string_view otherwise) const {
  const auto found = values_.find(key);
  return found == values_.end() ? std::string(otherwise) : found->second;
}

std::string Choice::ToText() const {
  std::string text(behaviour_->name);
  for (const auto& [key, value] : values_) {
    if (key == "salt") continue;
    text += "~";
    text += key;
    text += "=";
    text += value;
  }
  return text;
}

}  // namespace tms::fake_cluster
