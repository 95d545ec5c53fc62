#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "decoder/findings/facts.hpp"
#include "decoder/findings/incidents.hpp"
#include "decoder/findings/people.hpp"

namespace eastap::findings {

/// The Autodiscover searches going on, D-45: which steps an address has tried and what became of
/// them. At most `limit`, the oldest is given up first.
class Searches {
 public:
  explicit Searches(std::size_t limit) : limit_{limit == 0 ? 1 : limit} {}

  /// An Autodiscover request that has ended.
  void observe(const Facts& facts, People& people);
  /// TLS or connect trouble toward an Autodiscover host.
  void observe(const model::ConnectionEvent& event);
  /// A request that sets an account up: the search of that person from that client is over, the
  /// device knows (or was told) a server.
  void ended_by(std::string_view client, std::string_view person, Timestamp at,
                Incidents& incidents);
  /// Searches that nothing has been added to for `quiet` have failed.
  void settle(Timestamp now, std::chrono::seconds quiet, Incidents& incidents);
  [[nodiscard]] bool empty() const { return searches_.empty(); }

 private:
  struct Search {
    std::string address, client;
    Timestamp began{}, last{};
    std::vector<std::string> steps;  ///< failed ones, in words
    std::vector<ExchangeId> exchanges;
    std::vector<std::uint64_t> visited;  ///< hashes of URLs
    std::vector<std::string> hosts;
  };
  Search& of(std::string_view address, std::string_view client, Timestamp at);
  static void add_step(Search& search, std::string_view host, const std::string& what,
                       ExchangeId exchange);
  static void report(const Search& search, Timestamp at, Incidents& incidents);

  std::size_t limit_;
  std::vector<Search> searches_;
};

}  // namespace eastap::findings
