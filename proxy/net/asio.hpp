#pragma once

#include <chrono>
#include <tuple>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

/// What every coroutine of this folder uses of Asio.
namespace eastap::net {

namespace asio = boost::asio;
using boost::system::error_code;

/// Every peer operation ends in a value, never in an exception.
inline constexpr auto nothrow = asio::as_tuple(asio::use_awaitable);

/// Awaits `operation` for at most `limit`. Nothing: the limit came first, and the operation was
/// cancelled.
template <class Result>
asio::awaitable<std::tuple<bool, Result>> within(asio::awaitable<Result> operation,
                                                 std::chrono::milliseconds limit) {
  using namespace asio::experimental::awaitable_operators;
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer{executor, limit};
  auto first = co_await (std::move(operation) || timer.async_wait(nothrow));
  if (first.index() == 0) {
    std::tuple<bool, Result> done{true, std::get<0>(std::move(first))};
    co_return done;
  }
  std::tuple<bool, Result> expired{false, Result{}};
  co_return expired;
}

}  // namespace eastap::net
