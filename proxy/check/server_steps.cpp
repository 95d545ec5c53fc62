#include "proxy/check/server_steps.hpp"

#include <algorithm>
#include <utility>

#include "decoder/base/text.hpp"
#include "proxy/check/answer.hpp"
#include "proxy/check/names.hpp"

/// The server itself: its name, certificate, and how it answers before and after signing in.
namespace eastap::check {
namespace {

constexpr std::chrono::seconds kConnectLimit{20};

/// Whose certificate the server got.
void tell_shown(const Answered& answered, Report& report) {
  if (answered.certificate_shown.empty()) return;
  report.evidence.push_back("asked for a client certificate, and got that of \"" +
                            answered.certificate_shown + '"');
}

/// The remedy where a client certificate is wanted and none was given.
std::string certificate_remedy(const State& state) {
  const bool distrusted = state.settings.certified.decide(state.server.host).action ==
                              tunnel::HostRules::Action::intercept &&
                          !state.trusted;
  return distrusted
             ? "the one of --client-certificate is shown to a server that is trusted only: see its "
               "own certificate first, or name it with --upstream-insecure"
             : "install the user's certificate on the phone, or set client certificates to Ignore "
               "for the virtual directory; to test with one: --client-certificate " +
                   state.server.host + "=FILE";
}

bool is_insecure(const State& state, const std::string& host) {
  return state.settings.insecure.decide(host).action == tunnel::HostRules::Action::intercept;
}

class NameStep final : public Step {
 public:
  NameStep() : Step{"dns", "name of the server"} {}

  Move begin(State& state) override {
    if (!state.stop.empty()) return skipped(state.stop);
    const std::string& host = state.server.host;
    report_.title = "name " + host;
    if (is_address(host)) return skipped("an address is no name");
    return LookUp{LookUp::Kind::addresses, host};
  }

  Move take(State& state, const Observation& observation) override {
    const LookedUp& found = look_up_of(observation);
    if (found.outcome == LookedUp::Outcome::found) {
      tell(address_words(found));
      return done();
    }
    const std::string words = state.server.host + ": " + address_words(found);
    if (state.settings.through_proxy || state.settings.dials_elsewhere) {
      report_.warn(words, "it is not needed here (--proxy, --connect-to), but a phone needs it");
      return done();
    }
    report_.fail(words, found.outcome == LookedUp::Outcome::failed
                            ? "check the resolver of this machine, or name one with --resolver"
                            : "correct the name, or add its A or AAAA record");
    return stopped(state, "the server's name has no address");
  }
};

class TlsStep final : public Step {
 public:
  TlsStep() : Step{"tls", "TLS of the server"} {}

  Move begin(State& state) override {
    if (!state.stop.empty()) return skipped(state.stop);
    report_.title = "TLS " + state.server.authority();
    if (!state.server.tls) {
      report_.fail("the URL is http: passwords would cross the network in the clear",
                   "set the ExternalUrl of the virtual directory to https");
      return stopped(state, "the server is not reached over TLS");
    }
    return Action{probe(state, false)};
  }

  Move take(State& state, const Observation& observation) override {
    const Answered& answered = answer_of(observation);
    if (answered.end == Answered::End::no_tls && !second_try_) {
      second_try_ = true;
      first_error_ = answered;
      return Action{probe(state, true)};
    }
    if (answered.end != Answered::End::answered) return broken(state, answered);
    if (second_try_) return outdated(state, answered);
    tell(answered.tls_version + ", " + answered.cipher);
    if (answered.certificate_requested) {
      tell("asks for a client certificate in the handshake");
    }
    tell_shown(answered, report_);
    check_suite(answered.cipher, answered.tls_version);
    judge(state, answered);
    return done();
  }

 private:
  static Ask probe(const State& state, bool old) {
    Ask ask;
    ask.url = state.server;
    ask.handshake_only = true;
    ask.any_certificate = true;
    ask.old_tls = old;
    ask.limit = kConnectLimit;
    return ask;
  }

  Move broken(State& state, const Answered& answered) {
    const Answered& shown = second_try_ ? first_error_ : answered;
    if (shown.certificate_requested) {
      report_.fail("the server asks for a client certificate, and ends the handshake without one",
                   certificate_remedy(state));
      return stopped(state, "the server wants a client certificate");
    }
    const Words words = no_answer(shown, probe(state, false), state.settings.through_proxy);
    report_.fail(words.text, words.next_step);
    return stopped(state, "there is no TLS connection to the server");
  }

  Move outdated(State& state, const Answered& answered) {
    tell(answered.tls_version + ", " + answered.cipher);
    report_.fail("the server speaks " + answered.tls_version + " with " + answered.cipher +
                     ", but not what phones offer: TLS 1.2 or later with AES and SHA-2",
                 "switch on TLS 1.2 (Schannel registry keys, then restart) or update the gateway");
    judge(state, answered);
    return stopped(state, "the server's TLS is too old for phones");
  }

  void check_suite(const std::string& cipher, const std::string& version) {
    if (version == "TLSv1.3") return;
    if (!cipher.starts_with("ECDHE-")) {
      report_.warn("the suite " + cipher +
                       " has no forward secrecy, which Apple's App Transport "
                       "Security asks for",
                   "put ECDHE suites with AES-GCM first in the server's list");
    } else if (cipher.ends_with("-SHA")) {
      report_.warn("the suite " + cipher + " uses SHA-1 and CBC",
                   "put ECDHE suites with AES-GCM first in the server's list");
    }
  }

  void judge(State& state, const Answered& answered) {
    ChainFacts facts =
        judge_chain(answered.chain, state.server.host, state.settings.roots, state.settings.now);
    for (std::string& line : facts.evidence) tell(std::move(line));
    if (facts.issuer.starts_with("eastap CA")) {
      tell("made by an intercepting eastap, not by the server itself");
    }
    for (Remark& remark : facts.remarks) {
      report_.remark(remark.verdict, std::move(remark.text), std::move(remark.next_step));
    }
    state.trusted = facts.trusted || is_insecure(state, state.server.host);
  }

  bool second_try_ = false;
  Answered first_error_;
};

/// Steps that send OPTIONS: both follow one 451.
class OptionsStep : public Step {
 public:
  using Step::Step;

 protected:
  [[nodiscard]] static Action options(const State& state, Scheme scheme) {
    Ask ask;
    ask.method = "OPTIONS";
    ask.url = state.server;
    ask.scheme = scheme;
    ask.headers = {{"User-Agent", state.settings.user_agent}, {"Accept", "*/*"}};
    ask.any_certificate = is_insecure(state, ask.url.host);
    return ask;
  }

  Move refused(State& state, const Words& words, std::string why) {
    report_.fail(words.text, words.next_step);
    return stopped(state, std::move(why));
  }
};

class OpenOptionsStep final : public OptionsStep {
 public:
  OpenOptionsStep() : OptionsStep{"auth", "OPTIONS without password"} {}

  Move begin(State& state) override {
    if (!state.stop.empty()) return skipped(state.stop);
    // What is wrong with the certificate has been told; without a password nothing is at risk.
    Action action = options(state, Scheme::none);
    std::get<Ask>(action).any_certificate = true;
    asked_ = std::get<Ask>(action);
    return action;
  }

  Move take(State& state, const Observation& observation) override {
    const Answered& answered = answer_of(observation);
    if (answered.end != Answered::End::answered) {
      // In TLS 1.3 a server says what it thinks of our certificate after the handshake.
      if (answered.certificate_requested) return wants_certificate(state, "no answer");
      return refused(state, no_answer(answered, asked_, state.settings.through_proxy),
                     "the server did not answer OPTIONS");
    }
    Understood understood = understand(state, asked_, answered);
    if (follow_move(state, understood, report_)) return begin(state);
    tell("HTTP " + std::to_string(understood.http()));
    if (const std::string who = server_words(understood.command); !who.empty()) tell(who);
    if (understood.http() == 401) return challenged(state, understood);
    if (understood.http() == 403 && answered.certificate_requested) {
      return wants_certificate(state, "403");
    }
    const Words words = bad_answer(understood, asked_);
    if (!words.text.empty()) {
      return refused(state, words, "the server does not answer as an ActiveSync server");
    }
    return unasked(state, understood, answered);
  }

 private:
  Move challenged(State& state, const Understood& understood) {
    state.challenges = understood.command.server->authentication;
    tell("offers " + scheme_words(state.challenges));
    const bool basic = offers(state.challenges, "Basic");
    const bool bearer = offers(state.challenges, "Bearer");
    if (!basic) tell("Basic is off");
    if (!bearer) tell("OAuth is not offered");
    if (basic || bearer) return done();
    if (state.challenges.empty()) {
      report_.fail("401 without WWW-Authenticate: the phone does not learn how to sign in",
                   "switch on Basic authentication (or modern authentication) for the "
                   "Microsoft-Server-ActiveSync virtual directory");
      return stopped(state, "the server offers no way to sign in");
    }
    report_.warn("only " + scheme_words(state.challenges) +
                     " offered; phones sign in to ActiveSync with Basic, OAuth or a certificate",
                 "switch on Basic authentication for the Microsoft-Server-ActiveSync virtual "
                 "directory");
    return done();
  }

  Move wants_certificate(State& state, const std::string& what) {
    report_.fail(what + ", and the server asked for a client certificate",
                 certificate_remedy(state));
    return stopped(state, "the server wants a client certificate");
  }

  Move unasked(State& state, const Understood& understood, const Answered& answered) {
    if (understood.command.offered_versions.empty()) {
      report_.fail(
          "200 without MS-ASProtocolVersions: this is no ActiveSync server, or a gateway "
          "answers OPTIONS itself",
          "check the path " + asked_.url.path + ", and let gateways pass OPTIONS");
      return stopped(state, "the server does not answer as an ActiveSync server");
    }
    tell_shown(answered, report_);
    state.by_certificate = !answered.certificate_shown.empty();
    tell("answers without asking for a password");
    return done();
  }

  Ask asked_;
};

/// `version` in tenths, for comparison; 0: not a version.
int tenths(std::string_view version) {
  const std::size_t dot = version.find('.');
  if (dot == std::string_view::npos) return 0;
  const auto major = to_integer(version.substr(0, dot));
  const auto minor = to_integer(version.substr(dot + 1));
  if (!major || !minor || *major < 0 || *major > 99 || *minor < 0 || *minor > 9) return 0;
  return static_cast<int>(*major * 10 + *minor);
}

class SignInStep final : public OptionsStep {
 public:
  SignInStep() : OptionsStep{"options", "OPTIONS signed in"} {}

  Move begin(State& state) override {
    if (!state.stop.empty()) return skipped(state.stop);
    const Settings& settings = state.settings;
    if (settings.user.empty() && !settings.has_token) {
      return skip_rest(state, "no user: name one with --user");
    }
    const bool has_secret = settings.has_password || settings.has_token;
    if (!has_secret && !state.by_certificate) return skip_rest(state, "no password given");
    if (!state.trusted) {
      return skip_rest(state,
                       "the certificate is not trusted, so no password is sent "
                       "(--upstream-insecure " +
                           state.server.host + " sends it all the same)");
    }
    if (!choose_scheme(state)) {
      report_.fail("the server takes no password, only " + scheme_words(state.challenges),
                   "give an access token with --token-file, and set phones up with OAuth; or "
                   "switch on Basic authentication for the virtual directory");
      return stopped(state, "there is no way to sign in with what was given");
    }
    Action action = options(state, state.scheme);
    asked_ = std::get<Ask>(action);
    return action;
  }

  Move take(State& state, const Observation& observation) override {
    const Answered& answered = answer_of(observation);
    if (answered.end != Answered::End::answered) {
      return refused(state, no_answer(answered, asked_, state.settings.through_proxy),
                     "the server did not answer OPTIONS");
    }
    Understood understood = understand(state, asked_, answered);
    if (follow_move(state, understood, report_)) return begin(state);
    tell(way_words(state));
    if (understood.http() == 401) return wrong_password(state, understood);
    if (const Words words = bad_answer(understood, asked_); !words.text.empty()) {
      return refused(state, words, "signing in failed");
    }
    return read_offer(state, understood.command);
  }

 private:
  Move skip_rest(State& state, const std::string& why) {
    state.stop = why;
    return skipped(why);
  }

  static bool choose_scheme(State& state) {
    const auto& offered = state.challenges;
    if (state.settings.has_token) {
      state.scheme = Scheme::bearer;
    } else if (!state.settings.has_password) {
      state.scheme = Scheme::none;  // by certificate
    } else if (offers(offered, "Basic") || offered.empty()) {
      state.scheme = Scheme::basic;
    } else if (offers(offered, "NTLM")) {
      state.scheme = Scheme::ntlm;
    } else if (offers(offered, "Negotiate")) {
      state.scheme = Scheme::negotiate;
    } else {
      return false;
    }
    return true;
  }

  static std::string way_words(const State& state) {
    switch (state.scheme) {
      case Scheme::none: return "signs in with the client certificate";
      case Scheme::basic: return "signs in with Basic";
      case Scheme::bearer: return "signs in with the access token (OAuth)";
      case Scheme::ntlm: return "signs in with NTLM, which phones do not";
      case Scheme::negotiate: return "signs in with Negotiate, which phones do not";
    }
    return {};
  }

  Move wrong_password(State& state, const Understood& understood) {
    const bool token = state.scheme == Scheme::bearer;
    std::string text = token ? "the access token was refused (HTTP 401)"
                       : state.scheme == Scheme::none
                           ? "the client certificate does not sign in (HTTP 401)"
                           : "user or password were refused (HTTP 401) for " + state.settings.user;
    const std::string& why = understood.command.server->diagnostics;
    if (!why.empty()) text += "; X-MS-diagnostics: " + why;
    report_.fail(std::move(text),
                 token ? "check audience and expiry of the token"
                       : "check the password; phones sign in with the mail address, so it must be "
                         "the user principal name, else give DOMAIN\\user with --user");
    return stopped(state, "signing in failed");
  }

  Move read_offer(State& state, const eas::Command& command) {
    if (command.offered_versions.empty()) {
      report_.fail(
          "200 without MS-ASProtocolVersions: a gateway answers OPTIONS itself or takes "
          "the header away",
          "let gateways pass OPTIONS and its answer unchanged");
      return stopped(state, "no ActiveSync version is known");
    }
    std::string versions;
    for (const std::string& version : command.offered_versions) {
      versions += (versions.empty() ? "" : " ") + version;
    }
    tell("versions " + versions);
    if (const std::string who = server_words(command); !who.empty()) tell(who);
    check_commands(command);
    tell_password_age(command);
    return choose_version(state, command.offered_versions);
  }

  void check_commands(const eas::Command& command) {
    std::string missing;
    for (const std::string_view wanted : {"Sync", "FolderSync", "Ping", "SendMail"}) {
      if (!offers(command.offered_commands, wanted)) {
        missing += (missing.empty() ? "" : ", ") + std::string{wanted};
      }
    }
    tell(std::to_string(command.offered_commands.size()) + " commands");
    if (missing.empty()) return;
    report_.warn("MS-ASProtocolCommands lacks " + missing,
                 "look for a gateway that shortens the header");
  }

  void tell_password_age(const eas::Command& command) {
    if (!command.server || !command.server->password_days_left) return;
    report_.warn(
        "the password expires in " + std::to_string(*command.server->password_days_left) + " days",
        "change it before phones are locked out");
  }

  Move choose_version(State& state, const std::vector<std::string>& offered) {
    const std::string& wanted = state.settings.protocol;
    for (const std::string_view version : kVersions) {
      if (!wanted.empty() ? wanted == version && offers(offered, wanted)
                          : offers(offered, version)) {
        state.version = version;
        tell("goes on with " + state.version);
        return done();
      }
    }
    int best = 0;
    for (const std::string& version : offered) best = std::max(best, tenths(version));
    report_.fail(wanted.empty() ? "no version that phones speak today; the best is " +
                                      std::to_string(best / 10) + '.' + std::to_string(best % 10)
                                : "the server does not offer version " + wanted,
                 wanted.empty() ? "update the server" : "choose one of those that it offers");
    return stopped(state, "there is no common version");
  }

  Ask asked_;
};

}  // namespace

bool follow_move(State& state, const Understood& understood, Report& report) {
  if (understood.http() != 451 || state.moved) return false;
  const auto url = resolve_url(state.server, location_of(understood));
  if (!url || !url->tls) return false;
  state.moved = true;
  report.evidence.push_back("451: moved to " + url->text());
  const std::string query = std::exchange(state.server.query, {});
  state.server = *url;
  state.server.query = query;
  return true;
}

void add_server_steps(Steps& steps) {
  steps.push_back(std::make_unique<NameStep>());
  steps.push_back(std::make_unique<TlsStep>());
  steps.push_back(std::make_unique<OpenOptionsStep>());
  steps.push_back(std::make_unique<SignInStep>());
}

}  // namespace eastap::check
