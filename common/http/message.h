// Requests and responses of the HTTP server as plain values.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tms::http {

struct Header {
  std::string name;
  std::string value;
};

struct QueryParameter {
  std::string name;
  std::string value;

  friend bool operator==(const QueryParameter&, const QueryParameter&) = default;
};

// A request that has passed the server's checks.
struct Request {
  std::string method;
  // Decoded segments: {"api", "v1", "jobs"}; {""} for `/`. None is `.` or `..`, only the last may
  // be empty, none holds a slash, a backslash or a control character, all are UTF-8.
  std::vector<std::string> path;
  // Decoded, in the order in which they were sent; UTF-8 without control characters.
  std::vector<QueryParameter> query;
  // Names in lower case.
  std::vector<Header> headers;
  std::string body;
  // Of the other end of the connection, without the port.
  std::string peer_address;

  // Value of the first header of that name (given in lower case), or empty.
  std::string_view FindHeader(std::string_view name) const {
    for (const Header& header : headers) {
      if (header.name == name) return header.value;
    }
    return {};
  }
};

// A body that is made while it is sent. Owned by the connection, runs on its executor.
class BodyProducer {
 public:
  virtual ~BodyProducer() = default;

  // The next piece; an empty one ends the body, an error cuts the connection so that the reader
  // sees that the body is incomplete. Asked again only when the piece before has been written, so
  // a slow reader holds the producer back. A reader that has gone is noticed only by writing: who
  // may be silent for long sends something now and then. Must honour cancellation, which is how a
  // stopping server ends a stream.
  virtual boost::asio::awaitable<absl::StatusOr<std::string>> Next() = 0;
};

struct Response {
  int status = 200;
  // Besides Content-Length or Transfer-Encoding, Connection and Date, which the server sets.
  std::vector<Header> headers;
  std::string body;
  // If set, sent in chunks instead of `body`.
  std::unique_ptr<BodyProducer> producer;
};

}  // namespace tms::http
