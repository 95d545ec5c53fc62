#include "decoder/findings/facts.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "decoder/base/text.hpp"
#include "decoder/findings/fault.hpp"

namespace eastap::findings {

namespace {

constexpr std::size_t kFingerprintOctets = 64U
                                           << 10;  // the rest of a longer body tells nothing new
constexpr std::int64_t kEarlySeconds =
    2;  // an answer this little before the interval's end is in time
/// A hanging request refused sooner was never waiting: an ordinary failure.
constexpr std::int64_t kWaitedSeconds = 10;

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), [](char left, char right) {
           const auto low = [](char c) {
             return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
           };
           return low(left) == low(right);
         }) != text.end();
}

struct WantedHeader {
  std::string_view name;
  std::string_view AnswerHeaders::*member;
};
/// Shortest first: a name is compared with those of its length only.
constexpr std::array kWantedHeaders{
    WantedHeader{"via", &AnswerHeaders::via},
    WantedHeader{"server", &AnswerHeaders::server},
    WantedHeader{"x-ms-rp", &AnswerHeaders::resync},
    WantedHeader{"location", &AnswerHeaders::location},
    WantedHeader{"request-id", &AnswerHeaders::request_id},
    WantedHeader{"x-feserver", &AnswerHeaders::front_end},
    WantedHeader{"x-beserver", &AnswerHeaders::back_end},
    WantedHeader{"x-diaginfo", &AnswerHeaders::diag_info},
    WantedHeader{"retry-after", &AnswerHeaders::retry_after},
    WantedHeader{"content-type", &AnswerHeaders::content_type},
    WantedHeader{"x-ms-aserror", &AnswerHeaders::as_error},
    WantedHeader{"x-ms-location", &AnswerHeaders::ms_location},
    WantedHeader{"content-length", &AnswerHeaders::content_length},
    WantedHeader{"x-ms-asthrottle", &AnswerHeaders::throttle},
    WantedHeader{"x-ms-backoffreason", &AnswerHeaders::backoff_reason},
    WantedHeader{"x-ms-backoffduration", &AnswerHeaders::backoff_duration},
    WantedHeader{"x-calculatedbetarget", &AnswerHeaders::calculated_back_end},
    WantedHeader{"ms-server-activesync", &AnswerHeaders::activesync},
};
/// Index: a length; where the names of at least that length begin.
constexpr auto kWantedFrom = [] {
  std::array<std::uint8_t, kWantedHeaders.back().name.size() + 2> out{};
  for (std::size_t size = 0; size < out.size(); ++size) {
    while (out[size] < kWantedHeaders.size() && kWantedHeaders[out[size]].name.size() < size)
      ++out[size];
  }
  return out;
}();
static_assert(std::is_sorted(kWantedHeaders.begin(), kWantedHeaders.end(),
                             [](const WantedHeader& left, const WantedHeader& right) {
                               return left.name.size() < right.name.size();
                             }));

/// `out` is empty.
void read_headers(const model::HeaderList& head, AnswerHeaders& out) {
  for (std::size_t index = 0; index < head.size(); ++index) {
    const model::HeaderList::Field field = head[index];
    const std::size_t size = field.name.size();
    if (size + 1 >= kWantedFrom.size()) continue;
    for (std::size_t at = kWantedFrom[size]; at < kWantedFrom[size + 1]; ++at) {
      const WantedHeader& wanted = kWantedHeaders[at];
      if (!equals_ignoring_case(field.name, wanted.name)) continue;
      if ((out.*wanted.member).empty()) out.*wanted.member = field.value;
      break;
    }
    if (field.name.size() == 16 && equals_ignoring_case(field.name, "www-authenticate")) {
      out.challenges = true;
      // One field can hold several challenges.
      out.offers_basic = out.offers_basic || contains_ignoring_case(field.value, "basic");
      const bool bearer = contains_ignoring_case(field.value, "bearer");
      out.offers_bearer = out.offers_bearer || bearer;
      out.names_authority = out.names_authority ||
                            (bearer && contains_ignoring_case(field.value, "authorization_uri"));
      out.offers_negotiate = out.offers_negotiate ||
                             contains_ignoring_case(field.value, "negotiate") ||
                             contains_ignoring_case(field.value, "ntlm");
    }
  }
}

}  // namespace

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a over words: the same on every run and machine
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    hash = (hash ^ word) * 0x100000001B3U;
    hash ^= hash >> 29;
  }
  for (; at < text.size(); ++at)
    hash = (hash ^ static_cast<unsigned char>(text[at])) * 0x100000001B3U;
  return hash ^ (text.size() * 0x9E3779B97F4A7C15U);
}

std::string_view without_port(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  return colon == std::string_view::npos ? address : address.substr(0, colon);
}

int status_of(const Facts& facts, const eas::Collection& collection) {
  return collection.status.value_or(facts.status);
}

std::string maker_of(const Facts& facts) {
  if (facts.http == 0) return "no answer";
  const Fault fault = fault_of(facts);
  return fault.party == Party::none ? "Exchange" : fault.who;
}

Facts request_facts(const model::Exchange& exchange, const eas::Command& command,
                    Microseconds shift) {
  Facts facts;
  facts.exchange = &exchange;
  facts.command = &command;
  facts.id = exchange.id;
  facts.verb = verb_from(command.name);
  facts.began = exchange.request->began + shift;
  facts.sent = std::max(exchange.request->ended + shift, facts.began);
  facts.hangs = command.hangs();
  facts.may_hang = facts.hangs || facts.verb == Verb::ping ||
                   (facts.verb == Verb::sync && command.collections.empty());
  if (command.waiting) facts.wait_seconds = command.waiting->seconds.value_or(0);
  std::uint64_t hash = hash_of(command.name);
  for (const eas::Collection& collection : command.collections) {
    if (!collection.in_request && !collection.remembered && !command.request_repeats_last) continue;
    hash = (hash ^ hash_of(collection.id)) * 0x100000001B3U;
    hash = (hash ^ hash_of(collection.sync_key)) * 0x100000001B3U;
  }
  hash ^= hash_of(std::string_view{exchange.request->body}.substr(0, kFingerprintOctets));
  for (const auto& [name, value] : command.parameters)
    hash = (hash ^ hash_of(name) ^ hash_of(value)) * 0x100000001B3U;
  facts.fingerprint = hash;
  return facts;
}

void add_answer(Facts& facts, Timestamp now, Microseconds shift) {
  const model::Exchange& exchange = *facts.exchange;
  const eas::Command& command = *facts.command;
  const model::Message* response = exchange.response.get();
  facts.ended = exchange.ended;
  if (facts.ended == Timestamp{} && response != nullptr) facts.ended = response->ended;
  facts.ended = facts.ended == Timestamp{} ? now : facts.ended + shift;
  facts.ended = std::max(facts.ended, facts.sent);
  facts.lasted_seconds = std::chrono::duration_cast<std::chrono::seconds>(
                             facts.ended - facts.sent + std::chrono::milliseconds{500})
                             .count();
  facts.http = command.http_status.value_or(0);
  if (response != nullptr && response->began != Timestamp{}) {
    facts.first_octet_after = std::max(response->began + shift - facts.sent, Microseconds{});
  }
  if (response != nullptr) read_headers(response->head, facts.head);

  if (command.statuses.empty()) {
    facts.status = command.eas_status.value_or(0);
    facts.status_ok =
        facts.status == 0 || facts.status == 1 || (facts.verb == Verb::ping && facts.status == 2);
  }
  for (const eas::Status& status : command.statuses) {
    if (!status.place.empty()) continue;
    facts.status = status.code;
    facts.status_ok = status.success;
    break;
  }

  facts.delivered = exchange.ending == model::Ending::complete;
  const bool device_ended = exchange.ending == model::Ending::device_closed ||
                            exchange.ending == model::Ending::device_reset;
  const bool server_ended = exchange.ending == model::Ending::server_closed ||
                            exchange.ending == model::Ending::server_reset;
  facts.undelivered = device_ended && response != nullptr && !response->head.raw().empty();
  facts.empty_answer = facts.http == 200 && response != nullptr && response->body_size == 0;
  const bool busy = facts.http == 503;
  facts.throttled = (busy && (!facts.head.retry_after.empty() || !facts.head.throttle.empty()));
  facts.gateway_failure =
      facts.http == 500 || facts.http == 502 || facts.http == 504 || (busy && !facts.throttled);
  // An empty answer may bear any type (PHP's servers leave text/html there), and an attachment
  // bears its own.
  const bool attachment = facts.verb == Verb::get_attachment && facts.head.from_exchange();
  facts.page = facts.http == 200 && response != nullptr && response->body_size > 0 && !attachment &&
               to_lower(facts.head.content_type.substr(0, 9)) == "text/html";
  facts.success =
      facts.http >= 200 && facts.http < 300 && facts.status_ok && facts.delivered && !facts.page;

  if (facts.hangs && facts.lasted_seconds + kEarlySeconds < facts.wait_seconds) {
    const bool nothing_came = facts.http == 0;
    facts.cut_by_device = device_ended && nothing_came;
    facts.cut_by_server = (server_ended && !facts.delivered) ||
                          (facts.gateway_failure && facts.lasted_seconds >= kWaitedSeconds);
  }
}

}  // namespace eastap::findings
