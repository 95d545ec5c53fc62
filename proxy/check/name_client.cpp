#include "proxy/check/name_client.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <tuple>

#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <sys/select.h>

namespace eastap::check {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct AddressListReleaser {
  void operator()(ares_addrinfo* list) const noexcept { ares_freeaddrinfo(list); }
};
struct DataReleaser {
  void operator()(void* data) const noexcept { ares_free_data(data); }
};

/// One question under way; c-ares' callbacks fill it.
struct Question {
  std::string name;
  LookedUp answer;
  bool ended = false;

  void end(int status) {
    ended = true;
    switch (status) {
      case ARES_SUCCESS: answer.outcome = LookedUp::Outcome::found; break;
      case ARES_ENOTFOUND: answer.outcome = LookedUp::Outcome::no_such_name; break;
      case ARES_ENODATA: answer.outcome = LookedUp::Outcome::no_data; break;
      default: answer.outcome = LookedUp::Outcome::failed; answer.error = ares_strerror(status);
    }
  }
};

void take_addresses(void* argument, int status, int /*timeouts*/, ares_addrinfo* list) noexcept {
  auto& question = *static_cast<Question*>(argument);
  const std::unique_ptr<ares_addrinfo, AddressListReleaser> owner{list};
  question.end(status);
  if (list == nullptr) return;
  for (const ares_addrinfo_cname* one = list->cnames; one != nullptr; one = one->next) {
    if (one->name != nullptr && question.name != one->name &&
        question.answer.aliases.size() < kAddresses) {
      question.answer.aliases.emplace_back(one->name);
    }
  }
  for (const ares_addrinfo_node* node = list->nodes; node != nullptr; node = node->ai_next) {
    if (question.answer.addresses.size() >= kAddresses) break;
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* octets =
        node->ai_family == AF_INET
            ? static_cast<const void*>(&reinterpret_cast<sockaddr_in*>(node->ai_addr)->sin_addr)
            : &reinterpret_cast<sockaddr_in6*>(node->ai_addr)->sin6_addr;
    if (inet_ntop(node->ai_family, octets, text.data(), text.size()) != nullptr) {
      question.answer.addresses.emplace_back(text.data());
    }
  }
  if (question.answer.addresses.empty() && status == ARES_SUCCESS) {
    question.answer.outcome = LookedUp::Outcome::no_data;
  }
}

void take_services(void* argument, int status, int /*timeouts*/, unsigned char* octets,
                   int length) noexcept {
  auto& question = *static_cast<Question*>(argument);
  ares_srv_reply* list = nullptr;
  if (status == ARES_SUCCESS) status = ares_parse_srv_reply(octets, length, &list);
  const std::unique_ptr<ares_srv_reply, DataReleaser> owner{list};
  question.end(status);
  auto& services = question.answer.services;
  for (const ares_srv_reply* one = list; one != nullptr; one = one->next) {
    if (services.size() >= kAddresses) break;
    services.push_back({one->host, one->port, one->priority, one->weight});
  }
  std::stable_sort(services.begin(), services.end(), [](const auto& left, const auto& right) {
    return std::tuple{left.priority, right.weight} < std::tuple{right.priority, left.weight};
  });
  // RFC 2782: a target of "." says that the service is not there.
  if (services.size() == 1 && services.front().host.empty()) services.clear();
  if (services.empty() && status == ARES_SUCCESS) {
    question.answer.outcome = LookedUp::Outcome::no_data;
  }
}

}  // namespace

struct NameClient::State {
  ares_channel channel = nullptr;
  bool library = false;
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (channel != nullptr) ares_destroy(channel);
    if (library) ares_library_cleanup();
  }

  /// Lets c-ares work until `question` has its answer or the time is over.
  void wait(Question& question, milliseconds limit) const {
    const auto deadline = steady_clock::now() + limit;
    while (!question.ended) {
      const auto left = deadline - steady_clock::now();
      if (left <= milliseconds::zero()) break;
      const auto micro = std::chrono::duration_cast<std::chrono::microseconds>(left).count();
      timeval most{.tv_sec = micro / 1'000'000, .tv_usec = micro % 1'000'000};
      timeval chosen{};
      fd_set readers{}, writers{};
      FD_ZERO(&readers);
      FD_ZERO(&writers);
      const int count = ares_fds(channel, &readers, &writers);
      select(count, &readers, &writers, nullptr, ares_timeout(channel, &most, &chosen));
      ares_process(channel, &readers, &writers);
    }
    if (!question.ended) ares_cancel(channel);  // calls back with ARES_ECANCELLED
    if (question.answer.error == ares_strerror(ARES_ECANCELLED)) {
      question.answer.error = "no answer in time";
    }
  }
};

NameClient::NameClient(const std::string& server) : state_{std::make_unique<State>()} {
  state_->library = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
  ares_options options{};
  options.timeout = 2'000;  // milliseconds for the first try of a server
  options.tries = 2;
  const int status =
      ares_init_options(&state_->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  if (status != ARES_SUCCESS) {
    throw std::runtime_error{std::string{"prepare name look-ups: "} + ares_strerror(status)};
  }
  if (server.empty()) return;
  const int set = ares_set_servers_ports_csv(state_->channel, server.c_str());
  if (set != ARES_SUCCESS) {
    throw std::runtime_error{"--resolver: \"" + server +
                             "\" is no address of a name server; write for example 192.0.2.53:53"};
  }
}

NameClient::~NameClient() = default;

LookedUp NameClient::look_up(const LookUp& asked, milliseconds limit) {
  Question question{.name = asked.name, .answer = {}};
  if (asked.kind == LookUp::Kind::service) {
    constexpr int kClassIn = 1, kTypeSrv = 33;  // RFC 1035 3.2.4, RFC 2782
    ares_query(state_->channel, asked.name.c_str(), kClassIn, kTypeSrv, take_services, &question);
  } else {
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = ARES_AI_CANONNAME;
    ares_getaddrinfo(state_->channel, asked.name.c_str(), nullptr, &hints, take_addresses,
                     &question);
  }
  state_->wait(question, limit);
  return question.answer;
}

}  // namespace eastap::check
