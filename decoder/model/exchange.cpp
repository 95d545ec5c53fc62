#include "decoder/model/exchange.hpp"

#include <array>
#include <utility>

namespace eastap::model {
namespace {

using Kind = ConnectionEvent::Kind;

constexpr std::array<std::pair<Ending, std::string_view>, 8> kEndings{{
    {Ending::open, "open"},
    {Ending::complete, "complete"},
    {Ending::device_closed, "device_closed"},
    {Ending::device_reset, "device_reset"},
    {Ending::server_closed, "server_closed"},
    {Ending::server_reset, "server_reset"},
    {Ending::proxy_stopped, "proxy_stopped"},
    {Ending::proxy_failed, "proxy_failed"},
}};

constexpr std::array<std::pair<Kind, std::string_view>, 6> kKinds{{
    {Kind::tunnelled, "tunnel"},
    {Kind::client_tls_failed, "tls_failure"},
    {Kind::upstream_failed, "upstream_failure"},
    {Kind::refused, "refused"},
    {Kind::malformed, "malformed"},
    {Kind::proxy_note, "note"},
}};

template <class Table, class Value>
std::string_view word_of(const Table& table, Value value) {
  for (const auto& [entry, word] : table) {
    if (entry == value) return word;
  }
  return "unknown";
}

}  // namespace

std::string_view to_string(Ending ending) { return word_of(kEndings, ending); }

std::optional<Ending> ending_from(std::string_view word) {
  for (const auto& [ending, known] : kEndings) {
    if (known == word) return ending;
  }
  return std::nullopt;
}

std::string_view to_string(Kind kind) { return word_of(kKinds, kind); }

std::optional<Kind> connection_event_kind_from(std::string_view word) {
  for (const auto& [kind, known] : kKinds) {
    if (known == word) return kind;
  }
  return std::nullopt;
}

}  // namespace eastap::model
