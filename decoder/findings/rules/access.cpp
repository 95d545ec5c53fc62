// Who signs in, with what, to which server: D-07, D-11, D-33, D-34, D-44.

#include <algorithm>

#include "decoder/base/text.hpp"
#include "decoder/findings/rules/rules.hpp"

namespace eastap::findings {

namespace {

constexpr std::string_view kKey;
constexpr std::size_t kAgents = 8, kPhones = 16;

std::string_view credentials_of(const Facts& facts) {
  return facts.exchange->request->head.find("Authorization").value_or("");
}

bool has_scheme(std::string_view credentials, std::string_view scheme) {
  return credentials.size() >= scheme.size() &&
         equals_ignoring_case(credentials.substr(0, scheme.size()), scheme) &&
         (credentials.size() == scheme.size() || credentials[scheme.size()] == ' ');
}

/// The value of `name="…"` in a masked header; "" when it has none.
std::string_view attribute(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + name.size();
  return text.substr(begin, text.find('"', begin) - begin);
}

/// What tells one secret from another: the salted digest, else the masked text itself.
std::string_view digest_of(std::string_view credentials) {
  const std::string_view digest = attribute(credentials, "digest=\"");
  return digest.empty() ? credentials : digest;
}

/// "Apple-iPhone12C1" of "Apple-iPhone12C1/1704.50".
std::string_view model_of(const Facts& facts) {
  const std::string_view agent = facts.command->user_agent;
  if (agent.empty()) return facts.command->device_type;
  return agent.substr(0, agent.find('/'));
}

void report_spelling(Context& context, const std::string& refused, ExchangeId refused_in,
                     const std::string& accepted, ExchangeId accepted_in, Timestamp at) {
  Incident* incident =
      context.incidents.count(RuleId::auth_name_form, context.of_person(), kKey, at, refused_in);
  if (incident == nullptr) return;
  context.incidents.add_example(*incident, accepted_in);
  incident->summary = words({"log-on as ", refused, " was refused (", exchange_number(refused_in),
                             "), as ", accepted, " accepted (", exchange_number(accepted_in), ")"});
}

void compare_spellings(Context& context, std::string_view credentials) {
  const Facts& facts = context.facts;
  const bool refused = facts.http == 401;
  if (!refused && (facts.http != 200 || facts.page)) return;
  std::string_view spelling = attribute(credentials, "user=\"");
  if (spelling.empty()) spelling = facts.command->user;
  const std::string& name = context.device.person;
  if (spelling.empty() || normalised_user(spelling) != name || spelling.size() > 128) return;
  Person* person = refused ? &context.people.get(name) : context.people.find(name);
  if (person == nullptr) return;
  const auto window = context.incidents.rule(RuleId::auth_name_form).window;
  const Mark now{facts.ended, facts.id, facts.http};
  const Person::Spelling& other = refused ? person->accepted : person->refused;
  const bool pair = other.mark && other.mark.time + window >= now.time &&
                    !equals_ignoring_case(other.text, spelling);
  if (pair && refused) {
    report_spelling(context, std::string{spelling}, facts.id, other.text, other.mark.exchange,
                    facts.ended);
  } else if (pair) {
    report_spelling(context, other.text, other.mark.exchange, std::string{spelling}, facts.id,
                    facts.ended);
    person->refused = {};
  }
  Person::Spelling& own = refused ? person->refused : person->accepted;
  own.text = spelling;
  own.mark = now;
}

void judge_token(Context& context, std::string_view credentials) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  const Subject subject = context.of_person_on_host();
  const std::string_view token =
      trimmed(credentials.substr(std::min<std::size_t>(6, credentials.size())));
  const bool probe = token.empty() || facts.exchange->request->head.contains("X-User-Identity");
  if (facts.http == 401 && probe) {
    if (facts.head.offers_bearer && facts.head.names_authority) return;
    Incident* incident =
        context.incidents.count(RuleId::oauth_not_offered, subject, kKey, facts.ended, facts.id);
    if (incident != nullptr) {
      incident->summary =
          words({"the phone asked for OAuth and ", device.host, " offers it no Bearer sign-in",
                 facts.head.offers_basic ? ", only Basic: the user is asked for a password" : ""});
    }
    return;
  }
  if (facts.http == 200 && !facts.page && device.refused_token != 0) {
    device.refused_token = 0;
    context.incidents.restart(RuleId::oauth_token_refused, subject, device.device_id);
  }
  if (facts.http != 401) return;
  // G2: requests that were on their way with a token do not try it again.
  if (device.refused_token != 0 && facts.began < device.refused_token_at) return;
  device.refused_token = hash_of(digest_of(credentials));
  device.refused_token_at = facts.ended;
  // Each device has its own token: one expired token each of two devices are no row.
  Incident* incident = context.incidents.count(RuleId::oauth_token_refused, subject,
                                               device.device_id, facts.ended, facts.id);
  if (incident == nullptr) return;
  incident->summary = words({"sign-in tokens were refused ", times(incident->count), " in a row"});
  const auto& server = facts.command->server;
  if (server && !server->diagnostics.empty())
    incident->summary += words({"; the server says: ", server->diagnostics.substr(0, 160)});
}

}  // namespace

bool is_cloud(std::string_view host) {
  return host == "outlook.office365.com" || host == "outlook.office.com" ||
         host.ends_with(".outlook.com") || host == "outlook.com";
}

int version_tenths(std::string_view version) {
  const std::size_t dot = version.find('.');
  const auto major = to_integer(version.substr(0, dot));
  const auto minor = dot == std::string_view::npos ? std::optional<std::int64_t>{0}
                                                   : to_integer(version.substr(dot + 1));
  if (!major || !minor || *major < 0 || *major > 99 || *minor < 0 || *minor > 9) return 0;
  return static_cast<int>(*major * 10 + *minor);
}

void detect_old_version(Context& context) {
  const Facts& facts = context.facts;
  const int version = version_tenths(facts.command->protocol_version);
  if (version == 0 || version >= 161 || !is_cloud(context.device.host)) return;
  Incident* incident = context.incidents.count(RuleId::version_below_161, context.subject(), kKey,
                                               facts.began, facts.id);
  if (incident == nullptr) return;
  incident->summary = words({"the device speaks protocol ", facts.command->protocol_version,
                             "; Exchange Online takes 16.1 only"});
}

void detect_auth(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  const Subject subject = context.subject();
  if (facts.http == 456 || facts.http == 457) {
    Incident* incident = context.incidents.count(RuleId::account_blocked_expired,
                                                 context.of_person(), kKey, facts.ended, facts.id);
    if (incident != nullptr) {
      incident->summary = facts.http == 456 ? "the account is blocked (HTTP 456)"
                                            : "the password has expired (HTTP 457)";
    }
    return;
  }
  const bool cloud = is_cloud(device.host);
  if (facts.http != 401 && !device.password_refused && !cloud) return;
  const auto value = facts.exchange->request->head.find("Authorization");
  if (!value || !equals_ignoring_case(value->substr(0, 6), "Basic "))
    return;  // challenge, NTLM leg, token
  if (cloud) {
    Incident* incident = context.incidents.count(
        RuleId::basic_to_cloud, context.of_person_on_host(), kKey, facts.ended, facts.id);
    if (incident != nullptr)
      incident->summary = "the device signs in with a password, which Exchange Online refuses";
    return;
  }
  constexpr std::string_view kDigest = "digest=\"";
  const std::size_t at = value->find(kDigest);
  const std::string_view digest =
      at == std::string_view::npos
          ? *value
          : value->substr(at + kDigest.size(),
                          value->find('"', at + kDigest.size()) - at - kDigest.size());
  if (facts.http == 200 && !facts.page) {
    context.incidents.restart(RuleId::auth_401_loop, subject, digest);
    device.password_refused = false;
    return;
  }
  if (facts.http != 401) return;
  if (facts.head.challenges && !facts.head.offers_basic) {
    Incident* incident = context.incidents.count(
        RuleId::auth_basic_not_offered, context.of_person_on_host(), kKey, facts.ended, facts.id);
    if (incident != nullptr) {
      incident->summary =
          "the device sent a password and the server offers no Basic sign-in: no password can "
          "succeed";
    }
    return;
  }
  device.password_refused = true;
  Incident* incident =
      context.incidents.count(RuleId::auth_401_loop, subject, digest, facts.ended, facts.id);
  if (incident == nullptr) return;
  incident->summary = words({"the same password was refused ", times(incident->count), " in ",
                             span_of(incident->first, facts.ended), "; account lock-out possible"});
}

void detect_token(Context& context) {
  if (context.facts.http != 401 && context.device.refused_token == 0) return;
  const std::string_view credentials = credentials_of(context.facts);
  if (has_scheme(credentials, "Bearer")) judge_token(context, credentials);
}

void detect_name_form(Context& context) {
  const int http = context.facts.http;
  if (http != 401 && (http != 200 || context.people.find(context.device.person) == nullptr)) return;
  const std::string_view credentials = credentials_of(context.facts);
  if (has_scheme(credentials, "Basic")) compare_spellings(context, credentials);
}

void detect_credentials_expire(Context& context) {
  const auto& server = context.facts.command->server;
  if (!server || !server->password_days_left) return;
  Incident* incident =
      context.incidents.gauge(RuleId::credentials_expire, context.of_person(), kKey,
                              context.facts.ended, context.facts.id, *server->password_days_left);
  if (incident == nullptr) return;
  incident->summary = words({"the password expires in ", number(*server->password_days_left),
                             *server->password_days_left == 1 ? " day" : " days"});
}

void detect_version_use(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  const std::string& text = facts.command->protocol_version;
  const int version = version_tenths(text);
  if (version == 0) return;
  const Timestamp used_before = std::exchange(device.version_used, facts.began);
  if (device.version_changed.exchange == facts.id && device.version_changed &&
      device.options.time < used_before && device.resync_announced.time < used_before) {
    Incident* incident = context.incidents.count(RuleId::version_flap, context.subject(), kKey,
                                                 facts.began, facts.id);
    if (incident != nullptr)
      incident->summary = words({"the protocol version changed ", times(incident->count),
                                 ", last from ", device.version_before, " to ", text});
  }
  const Host& host = context.host;
  if (host.best_version == 0 || facts.began < host.offered) return;
  if (version > host.best_version && device.resync_announced.time < host.offered) {
    Incident* incident = context.incidents.count(RuleId::version_too_high, context.subject(), kKey,
                                                 facts.began, facts.id);
    if (incident != nullptr)
      incident->summary =
          words({"the device speaks ", text, ", ", host.name, " offers up to ",
                 number(host.best_version / 10), ".", number(host.best_version % 10)});
  } else if (version < host.best_version && device.options &&
             device.version_told != device.version) {
    device.version_told = device.version;
    Incident* incident = context.incidents.count(RuleId::version_not_best, context.subject(), kKey,
                                                 facts.began, facts.id);
    if (incident != nullptr)
      incident->summary =
          words({"the device speaks ", text, " although ", host.name, " offers ",
                 number(host.best_version / 10), ".", number(host.best_version % 10)});
  }
}

void detect_policy_key(Context& context) {
  const Facts& facts = context.facts;
  Device& device = context.device;
  const auto& provision = facts.command->provision;
  const bool wrong_acknowledgement = provision &&
                                     provision->phase == eas::Provision::Phase::acknowledge &&
                                     provision->policy_status == 5;
  const bool refused = facts.status == 144 || facts.http == 449;
  const std::string& key = facts.command->policy_key;
  const bool other_key = refused && facts.verb != Verb::provision && device.policy_final &&
                         facts.began >= device.policy_final.time && !key.empty() &&
                         key != device.policy_key;
  if (!wrong_acknowledgement && !other_key) return;
  Incident* incident = context.incidents.count(RuleId::policykey_mismatch, context.subject(), kKey,
                                               facts.ended, facts.id);
  if (incident == nullptr) return;
  context.incidents.add_example(*incident, device.policy_final.exchange);
  incident->summary =
      wrong_acknowledgement
          ? words({"the device acknowledged a policy with the wrong key (policy status 5), ",
                   times(incident->count)})
          : words({facts.command->name, " came with policy key ", key.substr(0, 32),
                   key == device.temporary_policy_key ? " (the temporary one)" : "",
                   " instead of the final one, ", times(incident->count)});
}

void detect_user_agent(Context& context) {
  Device& device = context.device;
  const std::string& text = context.facts.command->user_agent;
  if (text.empty()) return;
  const std::uint64_t hash = hash_of(text);
  if (hash == device.agent) return;
  device.agent = hash;
  const Timestamp now = context.facts.began;
  const EffectiveRule& rule = context.incidents.rule(RuleId::user_agent_change);
  std::erase_if(device.agents,
                [&](const Device::Agent& one) { return one.seen + rule.window < now; });
  const auto known = std::find_if(device.agents.begin(), device.agents.end(),
                                  [&](const Device::Agent& one) { return one.hash == hash; });
  if (known != device.agents.end()) {
    known->seen = now;
    return;
  }
  if (device.agents.size() >= kAgents) device.agents.erase(device.agents.begin());
  device.agents.push_back({hash, now});
  Incident* incident =
      context.incidents.measure(RuleId::user_agent_change, context.subject(), kKey, now,
                                context.facts.id, static_cast<std::int64_t>(device.agents.size()));
  if (incident != nullptr)
    incident->summary =
        words({number(static_cast<std::int64_t>(device.agents.size())),
               " different User-Agents of one device in a day, the last ", text.substr(0, 120)});
}

void detect_new_device_id(Context& context) {
  Device& device = context.device;
  if (device.exchanges != 1 || device.device_id.empty() || device.person.empty()) return;
  Person& person = context.people.get(device.person);
  const Timestamp now = context.facts.began;
  const std::uint64_t model = hash_of(model_of(context.facts));
  const std::uint64_t id = hash_of(device.device_id);
  const EffectiveRule& rule = context.incidents.rule(RuleId::device_id_change);
  std::erase_if(person.phones,
                [&](const Person::Phone& one) { return one.first + rule.window < now; });
  const bool known = std::any_of(
      person.phones.begin(), person.phones.end(),
      [&](const Person::Phone& one) { return one.model == model && one.device_id == id; });
  if (known) return;
  if (person.phones.size() >= kPhones) person.phones.erase(person.phones.begin());
  person.phones.push_back({model, id, now});
  const auto count = std::count_if(person.phones.begin(), person.phones.end(),
                                   [&](const Person::Phone& one) { return one.model == model; });
  Incident* incident = context.incidents.measure(RuleId::device_id_change, context.of_person(),
                                                 number(static_cast<std::int64_t>(model >> 1)), now,
                                                 context.facts.id, count);
  if (incident != nullptr)
    incident->summary = words({number(count), " DeviceIds of one user and one model (",
                               model_of(context.facts).substr(0, 60), ") in a day, the last ",
                               device.device_id.substr(0, 64)});
}

}  // namespace eastap::findings
