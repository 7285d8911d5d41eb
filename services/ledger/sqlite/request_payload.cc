#include "services/ledger/sqlite/request_payload.h"

#include <string_view>

#include "common/base/text.h"

namespace tms::ledger {
namespace {

void AppendJson(std::string_view text, std::string& json) {
  json += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      json += "\\u00" + HexEncode({&c, 1});
    } else {
      json += c;
    }
  }
  json += '"';
}

}  // namespace

std::string RequestPayload(const std::string& action, std::span<const std::string> cids) {
  std::string json = R"({"action": )";
  AppendJson(action, json);
  return json + R"(, "cids": )" + JsonArray(cids) + "}";
}

std::string JsonArray(std::span<const std::string> texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.size() > 1) json += ", ";
    AppendJson(text, json);
  }
  return json + "]";
}

}  // namespace tms::ledger
