#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "certs/trust.hpp"
#include "decoder/base/text.hpp"
#include "proxy/app/commands.hpp"
#include "proxy/app/sign_in.hpp"
#include "proxy/app/wiring.hpp"
#include "proxy/check/checker.hpp"
#include "proxy/check/http_client.hpp"
#include "proxy/check/name_client.hpp"
#include "proxy/check/output.hpp"
#include "proxy/net/host_tls.hpp"

namespace eastap::app {
namespace {

constexpr std::size_t kWidest = 100;  // sentences are hard to read in wider lines

/// "alice@contoso.com", "mail.contoso.com", "mail.contoso.com:8443" or a URL.
void set_subject(check::Settings& settings, const std::string& subject) {
  const std::size_t at = subject.rfind('@');
  const bool printable = std::all_of(subject.begin(), subject.end(),
                                     [](char letter) { return letter > ' ' && letter < '\x7f'; });
  const auto url = check::parse_url(at != std::string::npos ? "https://" + subject.substr(at + 1)
                                    : subject.find("://") < subject.size() ? subject
                                                                           : "https://" + subject);
  const bool is_address = at != std::string::npos;
  if (!printable || !url || (is_address && (at == 0 || url->target() != "/" || url->port != 443))) {
    throw config::ConfigError{"eastap check: \"" + subject +
                              "\" is neither a mail address nor a host; write for example "
                              "alice@contoso.com or mail.contoso.com"};
  }
  if (is_address) {
    settings.address = subject;
  } else {
    settings.server = *url;
    settings.server.query.clear();
    if (settings.server.path == "/") settings.server.path = "/Microsoft-Server-ActiveSync";
  }
}

check::Settings settings_from(const config::Invocation& invocation, const check::Secret& secret) {
  const config::CheckOptions& options = invocation.check;
  check::Settings settings;
  set_subject(settings, invocation.file);
  settings.user = secret.user;
  settings.has_password = !secret.password.empty();
  settings.has_token = !secret.token.empty();
  settings.device_id =
      options.device_id.empty() ? default_device_id(secret.user) : options.device_id;
  settings.device_type = options.device_type;
  settings.user_agent = options.user_agent;
  settings.protocol = options.protocol;
  settings.heartbeat_seconds = static_cast<unsigned>(options.heartbeat.count());
  settings.through_proxy = !options.proxy.empty();
  settings.dials_elsewhere = !invocation.config.connect_to.empty();
  auto insecure = tunnel::HostRules::make(invocation.config.upstream_insecure, {});
  if (!insecure) throw config::ConfigError{"--upstream-insecure: " + insecure.error().detail};
  settings.insecure = *std::move(insecure);
  std::vector<std::string> certified;
  for (const config::CertificateRule& rule : invocation.config.client_certificates) {
    certified.insert(certified.end(), rule.hosts.begin(), rule.hosts.end());
  }
  auto hosts = tunnel::HostRules::make(certified, {});
  if (!hosts) throw config::ConfigError{"--client-certificate: " + hosts.error().detail};
  settings.certified = *std::move(hosts);
  settings.now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return settings;
}

std::string proxy_from(const std::string& text) {
  if (text.empty()) return {};
  const auto url = check::parse_url(text.starts_with("http://") ? text : "http://" + text);
  if (!url || url->target() != "/") {
    throw config::ConfigError{"--proxy: \"" + text + "\" is not HOST:PORT"};
  }
  return "http://" +
         (url->host.find(':') == std::string::npos ? url->host : '[' + url->host + ']') + ':' +
         std::to_string(url->port);
}

/// The wall of steps on standard output.
class Wall {
 public:
  explicit Wall(const config::Config& config)
      : json_{config.json}, terminal_{::isatty(STDOUT_FILENO) == 1} {
    const bool coloured = config.color == config::ColorMode::always ||
                          (config.color == config::ColorMode::automatic && terminal_);
    layout_.theme = coloured ? &render::kColourTheme : &render::kPlainTheme;
    if (terminal_) layout_.width = std::min(sink::terminal_width(STDOUT_FILENO), kWidest);
  }

  void running(const std::string& title) {
    if (json_ || !terminal_) return;
    tell_skipped();
    put_out("\r\x1b[K" + check::running_text(title, layout_));
    open_ = true;
  }

  void finished(const check::Report& report) {
    if (json_) {
      put_out(check::report_json(report));
      return;
    }
    const bool skipped = report.verdict == check::Verdict::skipped;
    if (!skipped || (!skipped_.empty() && skipped_.front().because != report.because)) {
      tell_skipped();
    }
    if (skipped) {
      skipped_.push_back(report);
    } else {
      put_out(over_running() + check::report_text(report, layout_));
    }
  }

  void summary(const check::Summary& summary, const std::string& subject) {
    tell_skipped();
    put_out(json_ ? check::summary_json(summary, subject)
                  : over_running() + check::summary_text(summary, layout_));
  }

 private:
  /// Takes the running line away.
  std::string over_running() { return std::exchange(open_, false) ? "\r\x1b[K" : ""; }

  void tell_skipped() {
    if (skipped_.empty()) return;
    put_out(over_running() + check::skipped_text(skipped_, layout_));
    skipped_.clear();
  }

  bool json_, terminal_, open_ = false;
  std::vector<check::Report> skipped_;  ///< held back: one reason is told once
  check::Layout layout_;
};

check::Observation perform(const check::Action& action, check::NameClient& names,
                           check::HttpClient& client) {
  if (const auto* name = std::get_if<check::LookUp>(&action)) return names.look_up(*name);
  return client.send(std::get<check::Ask>(action));
}

/// Those of --client-certificate. To a server that is not verified they are shown only when the
/// admin named it with --upstream-insecure: they tell who the user is.
decltype(check::HttpClient::Options::identity) identities(const config::Config& config,
                                                          const tunnel::HostRules& insecure) {
  if (config.client_certificates.empty()) return {};
  config::Config chosen;
  chosen.client_certificates = config.client_certificates;
  const auto hosts = std::make_shared<const net::HostTls>(chosen);
  return [hosts, insecure](const std::string& host,
                           bool verified) -> std::shared_ptr<const certs::Identity> {
    const bool named = insecure.decide(host).action == tunnel::HostRules::Action::intercept;
    return verified || named ? hosts->identity(host) : nullptr;
  };
}

}  // namespace

int check(const config::Invocation& invocation) {
  check::Settings subject;
  set_subject(subject, invocation.file);  // before a password is asked for
  const std::string proxy = proxy_from(invocation.check.proxy);
  const certs::StoreHandle system = certs::make_trust_store({});
  const certs::StoreHandle roots = certs::make_trust_store(invocation.config.upstream_ca);
  check::NameClient names{config::server_list(invocation.config.ways_out.name_servers)};

  std::vector<std::string> warnings;
  const std::string& user = invocation.check.user;
  check::Secret secret =
      read_secret(invocation.check, user.empty() ? subject.address : user, warnings);
  for (const std::string& warning : warnings) tell(warning);
  check::Settings settings = settings_from(invocation, secret);
  settings.roots = {system.get(), roots.get()};
  check::HttpClient client{{proxy, invocation.config.connect_to, roots.get(), std::move(secret),
                            identities(invocation.config, settings.insecure)},
                           names};

  Wall wall{invocation.config};
  std::vector<check::Report> reports;
  check::Checker checker{std::move(settings)};
  check::Checker::Turn turn = checker.begin();
  for (;;) {
    for (check::Report& report : turn.finished) {
      wall.finished(report);
      reports.push_back(std::move(report));
    }
    if (!turn.next) break;
    wall.running(turn.running);
    const auto began = std::chrono::steady_clock::now();
    const check::Observation seen = perform(*turn.next, names, client);
    const auto took = std::chrono::floor<Microseconds>(std::chrono::steady_clock::now() - began);
    turn = checker.take(seen, took);
  }
  const check::Summary summary = check::summarise(reports, invocation.file);
  wall.summary(summary, invocation.file);
  return summary.verdict == check::Verdict::failed ? kFindings : kDone;
}

}  // namespace eastap::app
