#include "config/option_forms.hpp"
#include "config/options/options.hpp"

namespace eastap::config {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

void add_limit_options(std::vector<Option>& table) {
  table.push_back(size(
      named("--limit-body", "SIZE", "limit.body", Group::limits, in::run, "of each body kept",
            "For decoding and capture. More of it is forwarded all the same, and the record is "
            "marked."),
      [](Config& config) -> std::uint64_t& { return config.limits.body_bytes; }, 4096,
      4ULL << 30U));
  table.push_back(size(
      named(
          "--limit-queue", "SIZE", "limit.queue", Group::limits, in::run,
          "of traffic waiting to be decoded",
          "When decoding falls behind by so much, exchanges keep their heads only and are counted; "
          "forwarding never waits."),
      [](Config& config) -> std::uint64_t& { return config.limits.queue_bytes; }, 1U << 20U,
      64ULL << 30U));
  table.push_back(number<std::uint32_t>(
      named("--limit-connections", "N", "limit.connections", Group::limits, in::run,
            "client connections at a time",
            "Each takes two file descriptors and, waiting, less than 48 KiB."),
      [](Config& config) -> std::uint32_t& { return config.limits.connections; }, 1, 1'000'000));
  table.push_back(number<std::uint32_t>(
      named("--limit-connections-per-client", "N", "limit.connections_per_client", Group::limits,
            in::run, "the same from one address",
            "A phone holds a few dozen; several may share one address behind NAT."),
      [](Config& config) -> std::uint32_t& { return config.limits.connections_per_client; }, 1,
      1'000'000));
  table.push_back(number<std::uint32_t>(
      named("--limit-connection-rate", "N", "limit.connection_rate", Group::limits, in::run,
            "new connections a second from one address",
            "Five times as many at once after a rest; an IPv6 network (/64) counts as one address. "
            "0 means no limit."),
      [](Config& config) -> std::uint32_t& { return config.limits.connection_rate; }, 0,
      1'000'000));
  table.push_back(number<std::uint32_t>(
      named("--limit-leaf-cache", "N", "limit.leaf_cache", Group::limits, in::run,
            "host certificates held ready",
            "About 4 KiB each; the least recently used is made anew when needed."),
      [](Config& config) -> std::uint32_t& { return config.limits.leaf_cache; }, 10, 1'000'000));
}

void add_deadline_options(std::vector<Option>& table) {
  const auto deadline = [](const char* flag, const char* key, const char* summary,
                           std::string detail = {}) {
    return named(flag, "TIME", key, Group::deadlines, in::run, summary, std::move(detail));
  };
  table.push_back(duration(
      deadline("--deadline-request-head", "deadline.request_head",
               "head of a CONNECT or plain request"),
      [](Config& config) -> milliseconds& { return config.deadlines.request_head; }, 100ms, 1h));
  table.push_back(duration(
      deadline("--deadline-client-hello", "deadline.client_hello", "phone's hello after CONNECT"),
      [](Config& config) -> milliseconds& { return config.deadlines.client_hello; }, 100ms, 1h));
  table.push_back(duration(
      deadline("--deadline-client-tls", "deadline.client_tls", "phone's side of the handshake"),
      [](Config& config) -> milliseconds& { return config.deadlines.client_tls; }, 100ms, 1h));
  table.push_back(duration(
      deadline("--deadline-resolve", "deadline.resolve", "name look-up"),
      [](Config& config) -> milliseconds& { return config.deadlines.resolve; }, 100ms, 10min));
  table.push_back(duration(
      deadline("--deadline-upstream-connect", "deadline.upstream_connect",
               "connection to one address"),
      [](Config& config) -> milliseconds& { return config.deadlines.upstream_connect; }, 100ms,
      10min));
  table.push_back(duration(
      deadline("--deadline-upstream-tls", "deadline.upstream_tls", "handshake with the server"),
      [](Config& config) -> milliseconds& { return config.deadlines.upstream_tls; }, 100ms, 10min));
  table.push_back(duration(
      deadline("--deadline-waiting", "deadline.waiting", "no byte from either side, min 1h",
               "Phones wait up to 3540 seconds for news. A shorter limit would cut healthy "
               "requests and so cause the "
               "very resynchronisations that are looked for."),
      [](Config& config) -> milliseconds& { return config.deadlines.waiting; }, kShortestWaiting,
      7 * 24h,
      ": phones wait up to 3540 s for news, and cutting them causes the resynchronisations that "
      "are looked for"));
  table.push_back(duration(
      deadline("--deadline-close", "deadline.close", "last bytes of a connection"),
      [](Config& config) -> milliseconds& { return config.deadlines.close; }, 100ms, 10min));
  table.push_back(duration(
      deadline("--deadline-stop", "deadline.stop", "from SIGTERM to cutting the rest"),
      [](Config& config) -> milliseconds& { return config.deadlines.stop; }, 0ms, 10min));
}

}  // namespace eastap::config
