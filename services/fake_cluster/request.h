// What a client sent, as far as it was read.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>
#include <vector>

#include "services/fake_cluster/connection.h"

namespace tms::fake_cluster {

struct Request {
  std::string method;
  std::string target;
  std::string host;
  // Names of all header fields, in the order in which they came.
  std::vector<std::string> header_names;
  std::string content_type;
  // Without `Bearer `. Never written anywhere but into the answer of `echo-token`.
  std::string token;
  std::string body;
  // Head and body came to their end.
  bool whole = false;
  bool keep_alive = false;

  // From the body, where it is `{"action": "…", "cids": ["…"]}`.
  bool well_formed = false;
  std::string action;
  std::vector<std::string> cids;
};

// Reads one request, in two steps. `left_over` holds what came behind the request before.
class RequestReader {
 public:
  RequestReader(Connection& connection, boost::beast::flat_buffer& left_over);

  // False if the connection ended or what came is not HTTP.
  boost::asio::awaitable<bool> ReadHead();

  // Reads at least `bytes` of the body, or to its end if that is nearer. False if the connection
  // ended before.
  boost::asio::awaitable<bool> ReadBody(size_t bytes = SIZE_MAX);

  // What has been read up to now.
  Request Take();

 private:
  // Feeds the parser until `done()`.
  template <typename Done>
  boost::asio::awaitable<bool> ReadUntil(Done done);

  Connection& connection_;
  boost::beast::flat_buffer& buffer_;
  boost::beast::http::request_parser<boost::beast::http::string_body> parser_;
};

// Whether this is a call of the cluster's one route.
bool IsSetAction(const Request& request);

}  // namespace tms::fake_cluster
