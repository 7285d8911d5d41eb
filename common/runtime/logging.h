// One event a line on stderr: UTC time, level, tag, `event=name key=value …`, or the same as JSON.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace tms::log {

struct Config {
  bool json = false;
  // debug, info, warning or error.
  std::string level = "info";
};

// Sets the form of all later lines. Called once, before threads start.
void Configure(const Config& config);

// A value of a field, kept as text. Whatever somebody else sent is made safe when it is written:
// one line, valid UTF-8, at most 2 KiB. Never pass a token.
struct Field {
  Field(std::string_view name, std::string_view text) : key(name), value(text), quoted(true) {}
  Field(std::string_view name, const char* text) : Field(name, std::string_view(text)) {}
  Field(std::string_view name, const std::string& text) : Field(name, std::string_view(text)) {}
  Field(std::string_view name, bool truth) : key(name), value(truth ? "true" : "false") {}
  template <std::integral Number>
  Field(std::string_view name, Number number) : key(name), value(std::to_string(number)) {}

  std::string_view key;
  std::string value;
  bool quoted = false;
};

using Fields = std::initializer_list<Field>;

// `tag` groups lines that people grep for, written without brackets: "SET_ACTION", "JOBS".
// `event` is a constant in snake_case. Thread-safe.
void Debug(std::string_view tag, std::string_view event, Fields fields = {});
void Info(std::string_view tag, std::string_view event, Fields fields = {});
void Warning(std::string_view tag, std::string_view event, Fields fields = {});
void Error(std::string_view tag, std::string_view event, Fields fields = {});

// The line that would be written, without time and level; for tests.
std::string FormatLine(bool json, std::string_view tag, std::string_view event, Fields fields);

}  // namespace tms::log
