#include <algorithm>
#include <array>
#include <utility>

#include "decoder/base/text.hpp"
#include "decoder/eas/status_table.hpp"
#include "proxy/check/answer.hpp"
#include "proxy/check/bodies.hpp"
#include "proxy/check/names.hpp"
#include "proxy/check/step.hpp"

/// Autodiscover as phones do it: the four ways of v1 ([MS-ASCMD] 3.1.4, [MS-OXDISCO] 3.1.5), then
/// v2, then what came of it.
namespace eastap::check {
namespace {

constexpr std::string_view kPath = "/autodiscover/autodiscover.xml";
constexpr std::chrono::seconds kLimit{20};

std::string domain_of(std::string_view address) {
  return to_lower(address.substr(std::min(address.rfind('@') + 1, address.size())));
}

bool is_insecure(const State& state, const std::string& host) {
  return state.settings.insecure.decide(host).action == tunnel::HostRules::Action::intercept;
}

bool is_redirect(int http) {
  return http == 301 || http == 302 || http == 303 || http == 307 || http == 308;
}

Url url_for(std::string host, std::string path, bool tls = true, std::uint16_t port = 0) {
  Url url;
  url.tls = tls;
  url.host = std::move(host);
  url.port = port != 0 ? port : tls ? 443 : 80;
  url.path = std::move(path);
  return url;
}

/// The address of ActiveSync in an answer; nothing for one that no phone would use.
std::optional<Url> server_from(const std::string& text) {
  auto url = parse_url(text);
  if (url) url->query.clear();
  return url;
}

/// All names that Autodiscover uses, told together.
class NamesStep final : public Step {
 public:
  NamesStep() : Step{"autodiscover-dns", "names of Autodiscover"} {}

  Move begin(State& state) override {
    domain_ = domain_of(state.discovery.address);
    report_.title = "names of Autodiscover for " + domain_;
    return next();
  }

  Move take(State& state, const Observation& observation) override {
    const LookedUp& found = look_up_of(observation);
    tell(name() + ": " + (at_ == 2 ? service_words(found) : address_words(found)));
    any_ = any_ || found.outcome == LookedUp::Outcome::found;
    broken_ = broken_ || found.outcome == LookedUp::Outcome::failed;
    if (++at_ < 3) return next();
    if (any_) return done();
    if (state.settings.through_proxy || state.settings.dials_elsewhere) {
      report_.warn("none of these names is known here",
                   "they are not needed here (--proxy, --connect-to), but a phone needs them");
      return done();
    }
    if (broken_) {
      report_.fail("the names cannot be looked up",
                   "check the resolver of this machine, or name one with --resolver");
    } else {
      report_.fail("no name of Autodiscover exists for " + domain_,
                   "add a CNAME autodiscover." + domain_ +
                       " to the mail server (autodiscover.outlook.com for Microsoft 365), or set "
                       "phones up with the server's name");
    }
    return done();
  }

 private:
  [[nodiscard]] std::string name() const {
    constexpr std::array<std::string_view, 3> kBefore{"", "autodiscover.", "_autodiscover._tcp."};
    return std::string{kBefore[at_]} + domain_;
  }

  Move next() const {
    return Action{LookUp{at_ == 2 ? LookUp::Kind::service : LookUp::Kind::addresses, name()}};
  }

  static std::string service_words(const LookedUp& found) {
    if (found.outcome != LookedUp::Outcome::found) {
      return found.outcome == LookedUp::Outcome::failed ? "look-up failed: " + found.error
                                                        : "no service record";
    }
    std::string words;
    for (const LookedUp::Service& service : found.services) {
      words += (words.empty() ? "" : ", ") + service.host + ':' + std::to_string(service.port);
    }
    return words;
  }

  std::string domain_;
  std::size_t at_ = 0;
  bool any_ = false, broken_ = false;
};

/// One way of v1. Ways that are not there are skipped; what would trouble a phone on them is a
/// warning, since another way may still lead to the server.
class WayStep final : public Step {
 public:
  enum class Way : std::uint8_t { domain, host, redirect, service };

  explicit WayStep(Way way) : Step{id_of(way), "Autodiscover"}, way_{way} {}

  Move begin(State& state) override {
    const Discovery& discovery = state.discovery;
    const std::string domain = domain_of(discovery.address);
    report_.title = title_of(domain);
    if (discovery.found) return skipped(discovery.way + " answered");
    switch (way_) {
      case Way::domain: return post(state, url_for(domain, std::string{kPath}), Scheme::none);
      case Way::host:
        return post(state, url_for("autodiscover." + domain, std::string{kPath}), Scheme::none);
      case Way::redirect: {
        asked_ = Ask{};
        asked_.url = url_for("autodiscover." + domain, std::string{kPath}, false);
        asked_.headers = {{"User-Agent", state.settings.user_agent}};
        asked_.limit = kLimit;
        return Action{asked_};
      }
      case Way::service:
        return Action{LookUp{LookUp::Kind::service, "_autodiscover._tcp." + domain}};
    }
    return done();
  }

  Move take(State& state, const Observation& observation) override {
    if (const auto* found = std::get_if<LookedUp>(&observation)) return take_service(state, *found);
    const Answered& answered = answer_of(observation);
    if (answered.end != Answered::End::answered) return unanswered(state, answered);
    Understood understood = understand(state, asked_, answered);
    const int http = understood.http();
    if (is_redirect(http)) return follow(state, understood);
    if (asked_.method == "GET") {
      return skipped("no redirect (HTTP " + std::to_string(http) + ')');
    }
    if (http == 401) return sign_in(state, understood);
    if (http != 200) return refused(state, understood);
    return read(state, understood.command);
  }

 private:
  static std::string id_of(Way way) {
    constexpr std::array<std::string_view, 4> kIds{"autodiscover-domain", "autodiscover-host",
                                                   "autodiscover-redirect", "autodiscover-srv"};
    return std::string{kIds[static_cast<std::size_t>(way)]};
  }

  [[nodiscard]] std::string title_of(const std::string& domain) const {
    switch (way_) {
      case Way::domain: return "Autodiscover https://" + domain;
      case Way::host: return "Autodiscover https://autodiscover." + domain;
      case Way::redirect: return "Autodiscover http://autodiscover." + domain + " (redirect)";
      case Way::service: return "Autodiscover SRV _autodiscover._tcp." + domain;
    }
    return "Autodiscover";
  }

  Move post(State& state, Url url, Scheme scheme) {
    asked_ = Ask{};
    asked_.method = "POST";
    asked_.url = std::move(url);
    asked_.headers = {{"Content-Type", "text/xml; charset=utf-8"},
                      {"User-Agent", state.settings.user_agent},
                      {"Accept", "text/xml"}};
    asked_.body = autodiscover_request(state.discovery.address);
    asked_.scheme = scheme;
    asked_.any_certificate = is_insecure(state, asked_.url.host);
    asked_.limit = kLimit;
    return Action{asked_};
  }

  Move take_service(State& state, const LookedUp& found) {
    if (found.outcome != LookedUp::Outcome::found || found.services.empty()) {
      return skipped(found.outcome == LookedUp::Outcome::failed ? "look-up failed: " + found.error
                                                                : "no service record");
    }
    const LookedUp::Service& best = found.services.front();
    tell("service record: " + best.host + ':' + std::to_string(best.port));
    return post(state, url_for(best.host, std::string{kPath}, true, best.port), Scheme::none);
  }

  Move unanswered(State& state, const Answered& answered) {
    using End = Answered::End;
    const Words words = no_answer(answered, asked_, state.settings.through_proxy);
    if (answered.end == End::untrusted || !answered.chain.empty())
      return distrusted(state, answered);
    if (answered.end == End::no_name || answered.end == End::no_connection) {
      return skipped(answered.end == End::no_name ? "no such name" : words.text);
    }
    return troubled(state, words, kNoAnswer);
  }

  Move distrusted(State& state, const Answered& answered) {
    ChainFacts facts =
        judge_chain(answered.chain, asked_.url.host, state.settings.roots, state.settings.now);
    const auto worst = std::find_if(facts.remarks.begin(), facts.remarks.end(),
                                    [](const auto& one) { return one.verdict == Verdict::failed; });
    if (worst == facts.remarks.end()) {
      return troubled(state, no_answer(answered, asked_, state.settings.through_proxy), kNoAnswer);
    }
    return troubled(state, {asked_.url.host + ": " + worst->text, worst->next_step}, kNoAnswer);
  }

  /// A warning here; the reason of the failure should no way work.
  Move troubled(State& state, const Words& words, unsigned telling = kAnswer) {
    report_.warn(words.text, words.next_step);
    Discovery& discovery = state.discovery;
    // Of two alike the other way counts: behind the bare domain stands the web site, as a rule.
    const unsigned weight = 2 * telling + (way_ == Way::domain ? 0 : 1);
    if (weight > discovery.telling) {
      discovery.telling = weight;
      discovery.obstacle = words.text;
      discovery.next_step = words.next_step;
    }
    return done();
  }

  Move follow(State& state, const Understood& understood) {
    const std::string location = location_of(understood);
    const auto url = resolve_url(asked_.url, location);
    tell("HTTP " + std::to_string(understood.http()) + " to " + location);
    if (!url || !url->tls) {
      return troubled(state, {"redirected to " + (location.empty() ? "nowhere" : location) +
                                  ", which is no https address",
                              "redirect to https://<server>" + std::string{kPath}});
    }
    if (++state.discovery.redirects > kRedirects) return too_many(state);
    if (to_lower(url->path) != kPath) {
      return skipped("redirected to " + url->text() + ", which is no Autodiscover");
    }
    return post(state, *url, Scheme::none);
  }

  Move too_many(State& state) {
    return troubled(state, {"more than " + std::to_string(kRedirects) + " redirects",
                            "look for two that lead to each other"});
  }

  Move sign_in(State& state, const Understood& understood) {
    const Settings& settings = state.settings;
    const std::vector<std::string>& offered = understood.command.server->authentication;
    if (asked_.scheme != Scheme::none) {
      return troubled(state,
                      {"user or password were refused for " + settings.user,
                       "check the password; phones sign in with the mail address, so it must "
                       "be the user principal name, else give DOMAIN\\user with --user"});
    }
    tell("offers " + scheme_words(offered));
    Scheme scheme = Scheme::none;
    if (settings.has_token && offers(offered, "Bearer")) {
      scheme = Scheme::bearer;
    } else if (settings.has_password && offers(offered, "Basic")) {
      scheme = Scheme::basic;
    } else if (settings.has_password && offers(offered, "NTLM")) {
      scheme = Scheme::ntlm;
    } else if (settings.has_password && offers(offered, "Negotiate")) {
      scheme = Scheme::negotiate;
    }
    if (scheme == Scheme::none) {
      const bool nothing = !settings.has_password && !settings.has_token;
      return troubled(state, {nothing ? "it asks for a password, and none was given"
                                      : "it takes only " + scheme_words(offered),
                              nothing ? "give the password (prompt, --password-file or "
                                        "EASTAP_PASSWORD)"
                                      : "give an access token with --token-file"});
    }
    return post(state, asked_.url, scheme);
  }

  Move refused(State& state, const Understood& understood) {
    const int http = understood.http();
    const Words words = bad_answer(understood, asked_);
    // A web site that knows no Autodiscover answers so: the phone goes on to the next way.
    if (http == 404 || http == 405 || http == 403 || http == 410) {
      return skipped("not there (HTTP " + std::to_string(http) + ')');
    }
    return troubled(state, words, kErrorPage);
  }

  Move read(State& state, const eas::Command& command) {
    Discovery& discovery = state.discovery;
    const eas::Autodiscover facts = command.autodiscover.value_or(eas::Autodiscover{});
    if (command.response.kind == eas::Body::Kind::html) {
      return skipped("a web site answers, not Autodiscover");
    }
    if (facts.error_code || facts.status) {
      Words words = bad_status(command);
      if (!facts.message.empty()) words.text += "; \"" + facts.message + '"';
      return troubled(state, words);
    }
    if (!facts.redirect.empty()) return redirected(state, facts.redirect);
    if (facts.url.empty()) {
      return troubled(state, {"the answer names no ActiveSync server",
                              "set the ExternalUrl of the Microsoft-Server-ActiveSync virtual "
                              "directory"});
    }
    const auto url = server_from(facts.url);
    if (!url) {
      return troubled(state, {"the answer names a server that is no address: " + facts.url,
                              "correct the ExternalUrl of the virtual directory"});
    }
    tell("ActiveSync is at " + url->text());
    discovery.found = url;
    discovery.way = report_.title;
    discovery.display_name = facts.display_name;
    return done();
  }

  Move redirected(State& state, const std::string& target) {
    Discovery& discovery = state.discovery;
    tell("redirected to " + target);
    if (++discovery.redirects > kRedirects) return too_many(state);
    if (const auto url = parse_url(target); url && url->tls) return post(state, *url, Scheme::none);
    const std::size_t at = target.rfind('@');
    if (at == std::string::npos || at + 1 >= target.size() ||
        !parse_url("https://" + domain_of(target))) {
      return troubled(state, {"redirected to " + target + ", which is neither address nor https",
                              "correct the user's mail addresses (targetAddress, ExternalEmail)"});
    }
    discovery.address = target;
    for (const Way way : {Way::domain, Way::host, Way::redirect, Way::service}) {
      state.more.push_back(std::make_unique<WayStep>(way));
    }
    return done();
  }

  /// What an Autodiscover service says tells more than an error page, and that more than the
  /// certificate of a web site at the bare domain.
  static constexpr unsigned kNoAnswer = 1, kErrorPage = 2, kAnswer = 3;

  Way way_;
  Ask asked_;
};

/// v2: GET with the address in the path, JSON back; no password.
class JsonStep final : public Step {
 public:
  JsonStep() : Step{"autodiscover-json", "Autodiscover v2"} {}

  Move begin(State& state) override {
    const Discovery& discovery = state.discovery;
    const std::string host =
        discovery.found ? discovery.found->host : "autodiscover." + domain_of(discovery.address);
    report_.title = "Autodiscover v2 at " + host;
    Url url =
        url_for(host, "/autodiscover/autodiscover.json/v1.0/" + percent_encoded(discovery.address),
                true, discovery.found ? discovery.found->port : std::uint16_t{443});
    url.query = "Protocol=ActiveSync";
    return get(state, std::move(url));
  }

  Move take(State& state, const Observation& observation) override {
    const Answered& answered = answer_of(observation);
    if (answered.end != Answered::End::answered) {
      return skipped(no_answer(answered, asked_, state.settings.through_proxy).text);
    }
    const Understood understood = understand(state, asked_, answered);
    const eas::Command& command = understood.command;
    if (is_redirect(understood.http())) {
      const auto url = resolve_url(asked_.url, location_of(understood));
      if (!url || !url->tls || ++redirects_ > kRedirects)
        return skipped("its redirect leads nowhere");
      tell("HTTP " + std::to_string(understood.http()) + " to " + url->text());
      return get(state, *url);
    }
    const eas::Autodiscover facts = command.autodiscover.value_or(eas::Autodiscover{});
    if (!facts.error_name.empty()) {
      tell(facts.error_name + (facts.message.empty() ? "" : ": " + facts.message));
      return skipped("it knows no ActiveSync for this address");
    }
    const auto url = understood.http() == 200 ? server_from(facts.url) : std::nullopt;
    if (!url) return skipped("not there (HTTP " + std::to_string(understood.http()) + ')');
    return compare(state, *url);
  }

 private:
  Move get(State& state, Url url) {
    asked_ = Ask{};
    asked_.url = std::move(url);
    asked_.headers = {{"User-Agent", state.settings.user_agent}, {"Accept", "application/json"}};
    asked_.any_certificate = is_insecure(state, asked_.url.host);
    asked_.limit = kLimit;
    return Action{asked_};
  }

  Move compare(State& state, const Url& url) {
    tell("ActiveSync is at " + url.text());
    state.discovery.found_by_json = url;
    const auto& found = state.discovery.found;
    if (found && (found->host != url.host || found->port != url.port)) {
      report_.warn("v1 names " + found->authority() + ", v2 names " + url.authority(),
                   "phones of different age will use different servers: correct one of them");
    }
    return done();
  }

  Ask asked_;
  unsigned redirects_ = 0;
};

/// What came of all ways.
class DiscoveredStep final : public Step {
 public:
  DiscoveredStep() : Step{"autodiscover", "Autodiscover, all ways"} {}

  Move begin(State& state) override {
    const Discovery& discovery = state.discovery;
    if (discovery.found) {
      state.server = *discovery.found;
      tell(state.server.text() + ", from " + discovery.way);
      if (!discovery.display_name.empty()) tell("user \"" + discovery.display_name + '"');
      return done();
    }
    if (discovery.found_by_json) {
      state.server = *discovery.found_by_json;
      tell(state.server.text() + ", from v2 only");
      report_.warn("v1 does not lead to the server; older phones must be set up by hand",
                   discovery.next_step.empty() ? "publish /autodiscover/autodiscover.xml"
                                               : discovery.next_step);
      return done();
    }
    const std::string domain = domain_of(discovery.address);
    if (discovery.obstacle.empty()) {
      report_.fail("no way leads to a server for " + discovery.address,
                   "add a CNAME autodiscover." + domain +
                       " to the mail server, with that name in its certificate; to test a server "
                       "whose name is known: eastap check HOST --user " +
                       discovery.address);
    } else {
      report_.fail(discovery.obstacle, discovery.next_step);
    }
    return stopped(state, "no server was found");
  }

  Move take(State&, const Observation&) override { return done(); }
};

}  // namespace

void add_discovery_steps(Steps& steps) {
  using Way = WayStep::Way;
  steps.push_back(std::make_unique<NamesStep>());
  for (const Way way : {Way::domain, Way::host, Way::redirect, Way::service}) {
    steps.push_back(std::make_unique<WayStep>(way));
  }
  steps.push_back(std::make_unique<JsonStep>());
  steps.push_back(std::make_unique<DiscoveredStep>());
}

}  // namespace eastap::check
