// A blocking HTTP client for tests that sends exactly the bytes it is given.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace tms::test {

struct RawResponse {
  int status = 0;    // 0: the connection ended before a whole head had come
  std::string head;  // as sent, with status line
  std::string body;  // without chunk framing
  bool complete = false;

  // Value of the first header of that name, or empty.
  std::string Header(std::string name) const {
    const auto lower = [](std::string text) {
      std::transform(text.begin(), text.end(), text.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      return text;
    };
    const size_t at = lower(head).find("\r\n" + lower(std::move(name)) + ":");
    if (at == std::string::npos) return "";
    const size_t begin = head.find_first_not_of(' ', head.find(':', at) + 1);
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

// One connection to 127.0.0.1. Reads give up after 20 s, so that a hanging server fails the test.
class RawHttpClient {
 public:
  explicit RawHttpClient(uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawHttpClient() { close(socket_); }
  RawHttpClient(const RawHttpClient&) = delete;
  RawHttpClient& operator=(const RawHttpClient&) = delete;

  bool connected() const { return connected_; }

  // False once the server has closed its end and says so.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }

  // Of an answer that has no body: to HEAD, 304, 100.
  RawResponse ReceiveHead() {
    RawResponse response;
    if (!ReadUntil("\r\n\r\n", &response.head)) return response;
    response.status = std::atoi(response.head.substr(9, 3).c_str());
    return response;
  }

  RawResponse Receive() {
    RawResponse response = ReceiveHead();
    if (response.status == 0 || response.status == 100) return response;
    if (response.Header("transfer-encoding") == "chunked") {
      response.complete = ReadChunks(&response.body);
    } else {
      const size_t size = std::strtoul(response.Header("content-length").c_str(), nullptr, 10);
      response.complete = ReadBytes(size, &response.body);
    }
    return response;
  }

  // Adds what has come, at least one byte; false at the end.
  bool ReadSome(std::string* out) {
    if (buffer_.empty() && !Fill()) return false;
    out->append(buffer_);
    buffer_.clear();
    return true;
  }

  RawResponse Exchange(std::string_view request) {
    Send(request);
    return Receive();
  }

  // Whether the server closes the connection without sending anything more.
  bool ClosesSilently() { return buffer_.empty() && !Fill(); }

 private:
  // False at the end of the connection.
  bool Fill() {
    char bytes[65536];
    const ssize_t size = recv(socket_, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    buffer_.append(bytes, static_cast<size_t>(size));
    return true;
  }

  bool ReadBytes(size_t size, std::string* out) {
    while (buffer_.size() < size && Fill()) {
    }
    const bool all = buffer_.size() >= size;
    out->append(buffer_, 0, size);
    buffer_.erase(0, size);
    return all;
  }

  // `out` gets everything up to and including `end`.
  bool ReadUntil(std::string_view end, std::string* out) {
    size_t at = 0;
    while ((at = buffer_.find(end)) == std::string::npos) {
      if (!Fill()) return false;
    }
    return ReadBytes(at + end.size(), out);
  }

  bool ReadChunks(std::string* out) {
    while (true) {
      std::string line, ignored;
      if (!ReadUntil("\r\n", &line)) return false;
      const size_t size = std::strtoul(line.c_str(), nullptr, 16);
      if (!ReadBytes(size, out) || !ReadBytes(2, &ignored)) return false;
      if (size == 0) return true;
    }
  }

  const int socket_;
  bool connected_ = false;
  std::string buffer_;
};

}  // namespace tms::test
