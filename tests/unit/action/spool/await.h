// Runs a coroutine to its end in a test.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

namespace tms::action {

template <typename Result>
Result Await(boost::asio::io_context& context, boost::asio::awaitable<Result> work) {
  std::optional<Result> result;
  boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr error, Result value) {
    if (error) std::rethrow_exception(error);
    result = std::move(value);
  });
  context.restart();
  context.run();
  return *std::move(result);
}

}  // namespace tms::action
