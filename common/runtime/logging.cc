#include "common/runtime/logging.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>

#include "common/base/text.h"

namespace tms::log {
namespace {

// Bounds a line, whatever a cluster or caller sent.
constexpr size_t kMaxValueBytes = 2048;

std::atomic<bool> json_lines = false;

std::string Quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

std::string SafeValue(const Field& field) { return Sanitize(CutUtf8(field.value, kMaxValueBytes)); }

// In text lines a value is quoted only where it would not be one word.
bool NeedsQuotes(std::string_view text) {
  return text.empty() || text.find_first_of(" \"=\\") != std::string_view::npos;
}

std::string FormatText(std::string_view tag, std::string_view event, Fields fields) {
  std::string line = "[" + std::string(tag) + "] event=" + std::string(event);
  for (const Field& field : fields) {
    const std::string value = SafeValue(field);
    line += " " + std::string(field.key) + "=";
    line += field.quoted && NeedsQuotes(value) ? Quote(value) : value;
  }
  return line;
}

std::string FormatJson(std::string_view tag, std::string_view event, Fields fields) {
  std::string line = "\"tag\":" + Quote(tag) + ",\"event\":" + Quote(event);
  for (const Field& field : fields) {
    line += "," + Quote(field.key) + ":";
    line += field.quoted ? Quote(SafeValue(field)) : field.value;
  }
  return line;
}

void Write(spdlog::level::level_enum level, std::string_view tag, std::string_view event,
           Fields fields) {
  spdlog::logger* logger = spdlog::default_logger_raw();
  if (!logger->should_log(level)) return;
  logger->log(level, FormatLine(json_lines, tag, event, fields));
}

}  // namespace

void Configure(const Config& config) {
  json_lines = config.json;
  auto logger =
      std::make_shared<spdlog::logger>("tms", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      config.json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})"
                  : "%Y-%m-%dT%H:%M:%S.%fZ %^%l%$ %v",
      spdlog::pattern_time_type::utc));
  logger->set_level(spdlog::level::from_str(config.level));
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(std::move(logger));
}

std::string FormatLine(bool json, std::string_view tag, std::string_view event, Fields fields) {
  return json ? FormatJson(tag, event, fields) : FormatText(tag, event, fields);
}

void Debug(std::string_view tag, std::string_view event, Fields fields) {
  Write(spdlog::level::debug, tag, event, fields);
}
void Info(std::string_view tag, std::string_view event, Fields fields) {
  Write(spdlog::level::info, tag, event, fields);
}
void Warning(std::string_view tag, std::string_view event, Fields fields) {
  Write(spdlog::level::warn, tag, event, fields);
}
void Error(std::string_view tag, std::string_view event, Fields fields) {
  Write(spdlog::level::err, tag, event, fields);
}

}  // namespace tms::log
