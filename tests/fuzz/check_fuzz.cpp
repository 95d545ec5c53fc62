/// The check against answers of any octets: it ends within its bound, every step is told once with
/// words, and no password goes to a server whose certificate was not judged good.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "certs/openssl.hpp"
#include "proxy/check/checker.hpp"
#include "proxy/check/output.hpp"

namespace {

using namespace eastap::check;

/// The input, taken piece by piece.
class Octets {
 public:
  explicit Octets(std::string_view all) : left_{all} {}
  std::uint8_t one() {
    if (left_.empty()) return 0;
    const auto octet = static_cast<std::uint8_t>(left_.front());
    left_.remove_prefix(1);
    return octet;
  }
  std::string some() {
    const std::size_t size = std::min<std::size_t>(one() * 8U, left_.size());
    std::string piece{left_.substr(0, size)};
    left_.remove_prefix(size);
    return piece;
  }

 private:
  std::string_view left_;
};

Observation answer(const Action& action, Octets& octets) {
  if (std::holds_alternative<LookUp>(action)) {
    LookedUp found;
    found.outcome = static_cast<LookedUp::Outcome>(octets.one() % 4);
    if (octets.one() % 2 == 0) found.addresses.push_back(octets.some());
    if (octets.one() % 2 == 0) found.services.push_back({octets.some(), octets.one(), 0, 0});
    return found;
  }
  Answered answered;
  const std::uint8_t kind = octets.one();
  answered.end = kind < 200 ? Answered::End::answered : static_cast<Answered::End>(kind % 9);
  constexpr std::string_view kHeads[] = {
      "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.ms-sync.wbxml\r\n",
      "HTTP/1.1 200 OK\r\nMS-ASProtocolVersions: 14.1,16.1\r\n",
      "HTTP/1.1 401 X\r\nWWW-Authenticate: Basic\r\n",
      "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n",
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n",
      "HTTP/1.1 451 X\r\nX-MS-Location: ",
      "HTTP/1.1 302 X\r\nLocation: ",
      ""};
  answered.head = std::string{kHeads[kind % 8]} + octets.some() + "\r\n\r\n";
  answered.body = octets.some();
  if (octets.one() % 2 == 0) answered.chain.push_back(octets.some());
  return answered;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const eastap::certs::StoreHandle store{X509_STORE_new()};
  Octets octets{{reinterpret_cast<const char*>(data), size}};
  const std::uint8_t mode = octets.one();
  Settings settings;
  settings.server = *parse_url("https://mail.contoso.test/Microsoft-Server-ActiveSync");
  if (mode % 2 == 0) settings.address = "alice@contoso.test";
  settings.user = "alice@contoso.test";
  settings.has_password = true;
  settings.device_id = "A1";
  settings.device_type = settings.user_agent = "x";
  settings.roots = {store.get(), store.get()};
  const bool insecure = mode % 4 >= 2;
  const std::string any[] = {"*"};
  if (insecure) settings.insecure = *eastap::tunnel::HostRules::make(any, {});

  Checker checker{std::move(settings)};
  Checker::Turn turn = checker.begin();
  std::vector<Report> reports;
  for (unsigned actions = 0;; ++actions) {
    for (Report& report : turn.finished) reports.push_back(std::move(report));
    if (!turn.next) break;
    if (actions > 2 * kMostActions) std::abort();
    const auto* ask = std::get_if<Ask>(&*turn.next);
    if (ask != nullptr) {
      if (ask->scheme != Scheme::none && !ask->url.tls) std::abort();
      const bool mail = ask->method == "OPTIONS" || ask->url.query.starts_with("Cmd=");
      // No chain ends at a root here, so only --upstream-insecure may have let it pass.
      if (mail && ask->scheme != Scheme::none && !insecure) std::abort();
    }
    turn = checker.take(answer(*turn.next, octets), eastap::Microseconds{1});
  }
  if (reports.empty() || reports.back().id != "ping-limits") std::abort();
  for (const Report& report : reports) {
    if (report.verdict == Verdict::failed && report.remarks.empty()) std::abort();
    if (report.verdict == Verdict::skipped && report.because.empty()) std::abort();
    const std::string text = report_text(report, {&eastap::render::kPlainTheme, 80});
    if (text.find('\x1b') != std::string::npos || report_json(report).empty()) std::abort();
  }
  return 0;
}
