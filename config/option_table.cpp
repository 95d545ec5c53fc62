#include "config/option_table.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <tuple>
#include <utility>

#include "config/values.hpp"

namespace eastap::config {

namespace {

using std::chrono::milliseconds;
using Values = std::vector<std::string>;
using namespace std::chrono_literals;

constexpr unsigned kWatchers = in::run | in::readers;

Option text(Option option, std::string& (*field)(Config&)) {
  option.form = Form::text;
  option.apply = [field](Invocation& to, const Values& values, const std::string&) {
    if (values.back().empty()) throw Complaint{"the value is empty"};
    field(to.config) = values.back();
  };
  return option;
}

Option optional_text(Option option, std::optional<std::string>& (*field)(Config&)) {
  option.form = Form::text;
  option.apply = [field](Invocation& to, const Values& values, const std::string&) {
    if (values.back().empty()) throw Complaint{"the value is empty"};
    field(to.config) = values.back();
  };
  option.shown = [field](const Config& config) {
    Config copy = config;
    const std::optional<std::string>& value = field(copy);
    return value ? Values{*value} : Values{};
  };
  return option;
}

void refuse_empty_items(const Values& values) {
  for (const std::string& value : values) {
    if (value.empty()) throw Complaint{"an item of the list is empty"};
  }
}

/// Each level replaces what lower ones say.
Option list(Option option, Values& (*field)(Config&)) {
  option.form = Form::list;
  option.apply = [field](Invocation& to, const Values& values, const std::string&) {
    refuse_empty_items(values);
    field(to.config) = values;
  };
  option.shown = [field](const Config& config) {
    Config copy = config;
    return field(copy);
  };
  return option;
}

/// Flag and environment add to the list of file or default, so that a host that was seen tunnelled
/// can be added without naming all others again; the file replaces the default. "none" drops what
/// was there.
Option host_list(Option option, Values& (*field)(Config&)) {
  option = list(std::move(option), field);
  option.apply = [field](Invocation& to, const Values& values, const std::string& place) {
    refuse_empty_items(values);
    Values& patterns = field(to.config);
    const bool adds = place.starts_with("--") || place.starts_with("EASTAP_");
    if (!adds) patterns.clear();
    for (const std::string& value : values) {
      if (value == "none") {
        patterns.clear();
      } else if (std::find(patterns.begin(), patterns.end(), value) == patterns.end()) {
        patterns.push_back(value);
      }
    }
  };
  return option;
}

Option duration(Option option, milliseconds& (*field)(Config&), milliseconds least,
                milliseconds most, std::string reason = {}) {
  option.form = Form::duration;
  option.value_name = "TIME";
  option.group = Group::deadlines;
  option.commands = in::run;
  option.apply = [=](Invocation& to, const Values& values, const std::string&) {
    const milliseconds value = duration_from(values.back());
    if (value < least || value > most) {
      throw Complaint{in_quotes(values.back()) + " is outside " + to_text(least) + " to " +
                      to_text(most) + reason};
    }
    field(to.config) = value;
  };
  option.shown = [field](const Config& config) {
    Config copy = config;
    return Values{to_text(field(copy))};
  };
  return option;
}

template <class Number>
Option number(Option option, Number& (*field)(Config&), std::uint64_t least, std::uint64_t most) {
  option.form = Form::number;
  option.apply = [=](Invocation& to, const Values& values, const std::string&) {
    const std::uint64_t value = number_from(values.back());
    if (value < least || value > most) {
      throw Complaint{values.back() + " is outside " + std::to_string(least) + " to " +
                      std::to_string(most)};
    }
    field(to.config) = static_cast<Number>(value);
  };
  option.shown = [field](const Config& config) {
    Config copy = config;
    return Values{std::to_string(field(copy))};
  };
  return option;
}

Option size(Option option, std::uint64_t& (*field)(Config&), std::uint64_t least,
            std::uint64_t most) {
  option.form = Form::size;
  option.value_name = "SIZE";
  option.apply = [=](Invocation& to, const Values& values, const std::string&) {
    const std::uint64_t value = size_from(values.back());
    if (value < least || value > most) {
      throw Complaint{in_quotes(values.back()) + " is outside " + size_text(least) + " to " +
                      size_text(most)};
    }
    field(to.config) = value;
  };
  option.shown = [field](const Config& config) {
    Config copy = config;
    return Values{size_text(field(copy))};
  };
  return option;
}

template <class Word>
Option word(Option option, Word& (*field)(Config&), Word (*read)(std::string_view)) {
  option.form = Form::text;
  option.apply = [=](Invocation& to, const Values& values, const std::string&) {
    field(to.config) = read(values.back());
  };
  option.shown = [field](const Config& config) {
    Config copy = config;
    return Values{std::string{to_string(field(copy))}};
  };
  return option;
}

Option named(std::string flag, std::string value_name, std::string key, Group group,
             unsigned commands, std::string summary, std::string detail = {},
             std::string example = {}) {
  Option option;
  option.flag = std::move(flag);
  option.value_name = std::move(value_name);
  option.key = std::move(key);
  option.group = group;
  option.commands = commands;
  option.summary = std::move(summary);
  option.detail = std::move(detail);
  option.example = std::move(example);
  return option;
}

void add_proxy_options(std::vector<Option>& table) {
  Option listen = named("--listen", "ADDR:PORT", "listen", Group::proxy, in::run,
                        "where phones reach the proxy",
                        "Port 0 picks a free one and prints it. [::]:8888 listens on IPv6.");
  listen.apply = [](Invocation& to, const Values& values, const std::string&) {
    to.config.listen = listen_from(values.back());
  };
  listen.shown = [](const Config& config) {
    return Values{config.listen.address + ":" + std::to_string(config.listen.port)};
  };
  table.push_back(listen);
  Option intercept = host_list(named("--intercept", "PATTERN", "intercept", Group::proxy, in::run,
                                     "host to decrypt; adds to the list",
                                     "Hosts that no pattern names are tunnelled untouched. A "
                                     "pattern is a name, a name with * for any "
                                     "characters, an address or a range (10.0.0.0/8). Of the "
                                     "patterns that match a host the most specific "
                                     "decides, also between this list and the tunnel list. Flag "
                                     "and variable add to the list of config file "
                                     "or default; the pattern none first empties it."),
                               [](Config& config) -> Values& { return config.intercept; });
  intercept.default_text = "mail.* etc., see --man";
  table.push_back(intercept);
  Option tunnel = host_list(named("--tunnel", "PATTERN", "tunnel", Group::proxy, in::run,
                                  "host never to decrypt; adds likewise",
                                  "For hosts that a wider intercept pattern matches. Patterns and "
                                  "the word none as with --intercept."),
                            [](Config& config) -> Values& { return config.tunnel; });
  tunnel.default_text = "see --man";
  table.push_back(tunnel);
  Option allow =
      list(named("--allow", "CIDR", "allow", Group::proxy, in::run, "clients let in",
                 "Replaces the default, so that --allow 192.168.1.23 lets in a single phone."),
           [](Config& config) -> Values& { return config.allow; });
  allow.default_text = "private ranges, loopback";
  table.push_back(allow);
  Option allow_target =
      list(named("--allow-target", "CIDR", "allow_target", Group::proxy, in::run,
                 "destinations otherwise refused",
                 "Clients cannot reach loopback, link-local addresses and this machine through the "
                 "proxy unless they "
                 "are named here, for example for a server that runs on the same machine.",
                 "127.0.0.0/8"),
           [](Config& config) -> Values& { return config.allow_target; });
  table.push_back(allow_target);
  Option threads = number<unsigned>(
      named("--threads", "N", "threads", Group::proxy, in::run, "relay threads",
            "0 means one less than the machine has cores, at least one."),
      [](Config& config) -> unsigned& { return config.threads; }, 0, 256);
  threads.default_text = "cores - 1";
  table.push_back(threads);
}

void add_certificate_options(std::vector<Option>& table) {
  Option ca_dir = text(
      named(
          "--ca-dir", "DIR", "ca_dir", Group::certificates, in::run | in::ca, "CA files",
          "Made on the first run. A CA of your own (PEM, EC or RSA from 2048 bit) is used when it "
          "is there. The default is $XDG_DATA_HOME/eastap, else ~/.local/share/eastap.",
          "/var/lib/eastap"),
      [](Config& config) -> std::string& { return config.ca_dir; });
  ca_dir.default_text = "~/.local/share/eastap";
  table.push_back(ca_dir);
  table.push_back(list(named("--upstream-ca", "FILE", "upstream_ca", Group::certificates, in::run,
                             "more roots for servers, PEM",
                             "All certificates of the file, beside the system's. For servers with "
                             "a certificate of the organisation's own CA.",
                             "/etc/ssl/company-root.pem"),
                       [](Config& config) -> Values& { return config.upstream_ca; }));
  table.push_back(
      list(named("--upstream-insecure", "HOST", "upstream_insecure", Group::certificates, in::run,
                 "server whose certificate is not verified",
                 "Patterns as with --intercept. What is wrong with its certificate is "
                 "still told.",
                 "old.example.com"),
           [](Config& config) -> Values& { return config.upstream_insecure; }));
  Option connect_to = named(
      "--connect-to", "HOST:PORT=ADDR:PORT", "connect_to", Group::certificates, in::run,
      "dial elsewhere, as in curl",
      "Name and certificate are still those of HOST. An empty HOST or PORT on the left stands for "
      "any, on the right for the one the client asked for. The first that matches holds.",
      "mail.example.com:443=192.0.2.10:443");
  connect_to.form = Form::list;
  connect_to.apply = [](Invocation& to, const Values& values, const std::string&) {
    std::vector<ConnectTo> mappings;
    for (const std::string& value : values) mappings.push_back(connect_to_from(value));
    to.config.connect_to = std::move(mappings);
  };
  table.push_back(connect_to);
  table.push_back(optional_text(
      named("--keylog", "FILE", "keylog", Group::certificates, in::run,
            "write TLS secrets for Wireshark",
            "NSS key log format, mode 0600. Whoever has it and the packets can read all traffic.",
            "/tmp/eastap.keys"),
      [](Config& config) -> std::optional<std::string>& { return config.keylog; }));
}

void add_capture_options(std::vector<Option>& table) {
  Option capture = optional_text(
      named(
          "--capture", "FILE", "capture", Group::capture, in::run, "where to keep the traffic",
          "%Y %m %d %H %M %S stand for the start time, %% for a per cent sign. The default is a "
          "new file in the "
          "current folder for each run. Passwords and tokens are masked; mail is not. Mode 0600."),
      [](Config& config) -> std::optional<std::string>& { return config.capture; });
  capture.excludes = {"--no-capture"};
  capture.default_text = "a new file in this folder";
  table.push_back(capture);
  Option none = named("--no-capture", "", "no_capture", Group::capture, in::run, "keep nothing");
  none.form = Form::truth;
  none.apply = [](Invocation& to, const Values& values, const std::string&) {
    if (truth_from(values.back())) {
      to.config.capture.reset();
    } else if (!to.config.capture) {
      to.config.capture = std::string{kDefaultCapture};
    }
  };
  none.shown = [](const Config&) { return Values{"false"}; };
  none.excludes = {"--capture"};
  table.push_back(none);
}

void add_output_options(std::vector<Option>& table) {
  Option tail = word<TailMode>(
      named("--tail", "MODE", "tail", Group::output, kWatchers, "line, xml, json or off",
            "line: one line an event. xml: with the decoded bodies. json: one record a line."),
      [](Config& config) -> TailMode& { return config.tail; }, tail_from);
  tail.apply = [](Invocation& to, const Values& values, const std::string&) {
    to.config.tail = tail_from(values.back());
    to.config.json = to.config.tail == TailMode::json;
  };
  tail.excludes = {"--json"};
  table.push_back(tail);
  Option json = named("--json", "", "json", Group::output, kWatchers | in::decode | in::ca_show,
                      "machine-readable output", "The same as --tail json where that exists.");
  json.form = Form::truth;
  json.apply = [](Invocation& to, const Values& values, const std::string&) {
    const bool json_wanted = truth_from(values.back());
    to.config.json = json_wanted;
    if (json_wanted) {
      to.config.tail = TailMode::json;
    } else if (to.config.tail == TailMode::json) {
      to.config.tail = TailMode::line;
    }
    to.body_form = json_wanted ? BodyForm::json : BodyForm::xml;
  };
  json.shown = [](const Config&) { return Values{"false"}; };
  json.excludes = {"--tail", "--xml", "--hex"};
  table.push_back(json);
  table.push_back(word<FailOn>(
      named("--fail-on", "SEVERITY", "fail_on", Group::output, kWatchers,
            "end with 1 on such findings", "info, notice, warning, error or never."),
      [](Config& config) -> FailOn& { return config.fail_on; }, fail_on_from));
  table.push_back(word<ColorMode>(
      named("--color", "WHEN", "color", Group::output, in::all, "auto, always or never",
            "auto: when the output is a terminal and NO_COLOR is not set."),
      [](Config& config) -> ColorMode& { return config.color; }, color_from));
  Option speed = named(
      "--speed", "N", "", Group::output, in::replay, "replay at N times the real speed",
      "1 keeps the pauses as they were, 10 shortens them to a tenth. 0: as fast as it reads.");
  speed.apply = [](Invocation& to, const Values& values, const std::string&) {
    to.speed = speed_from(values.back());
  };
  speed.shown = [](const Config&) { return Values{"0"}; };
  table.push_back(speed);
}

void add_decode_options(std::vector<Option>& table) {
  for (const auto& [flag, form, summary, default_text] :
       {std::tuple{"--xml", BodyForm::xml, "as XML, namespaces by code page", "the default"},
        std::tuple{"--hex", BodyForm::hex, "as hex with what each octet means", ""}}) {
    Option option = named(flag, "", "", Group::decode, in::decode, summary);
    option.form = Form::truth;
    option.default_text = default_text;
    option.apply = [form = form](Invocation& to, const Values& values, const std::string&) {
      if (!truth_from(values.back())) return;
      to.body_form = form;
      to.config.json = false;
    };
    table.push_back(option);
  }
  table[table.size() - 2].excludes = {"--json", "--hex"};
  table.back().excludes = {"--json", "--xml"};
  Option format = named("--format", "FORM", "", Group::decode, in::ca_export, "pem or der");
  format.default_text = "der for .cer and .der, else pem";
  format.apply = [](Invocation& to, const Values& values, const std::string&) {
    if (values.back() != "pem" && values.back() != "der")
      throw Complaint{in_quotes(values.back()) + " is neither pem nor der"};
    to.certificate_form = values.back() == "der" ? CertificateForm::der : CertificateForm::pem;
  };
  table.push_back(format);
}

void add_limits(std::vector<Option>& table) {
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
      named("--limit-leaf-cache", "N", "limit.leaf_cache", Group::limits, in::run,
            "host certificates held ready",
            "About 4 KiB each; the least recently used is made anew when needed."),
      [](Config& config) -> std::uint32_t& { return config.limits.leaf_cache; }, 10, 1'000'000));
}

void add_deadlines(std::vector<Option>& table) {
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

/// "synckey-zero.threshold=3"
void apply_rule_text(Config& config, const std::string& value, const std::string& place) {
  const std::size_t equals = value.find('=');
  const std::size_t dot = value.substr(0, equals).rfind('.');
  if (equals == std::string::npos || dot == std::string::npos || dot == 0) {
    throw Complaint{in_quotes(value) +
                    " is not NAME.KEY=VALUE; write for example synckey-zero.threshold=3"};
  }
  RuleOverride& rule = config.rules[value.substr(0, dot)];
  set_rule(rule, value.substr(dot + 1, equals - dot - 1), value.substr(equals + 1));
  rule.origin = place;
}

/// "rule=heartbeat-cut;device=ABC123"
void apply_mute_text(Config& config, const std::string& value, const std::string& place) {
  MuteRule mute;
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t end = std::min(value.find(';', at), value.size());
    const std::string part = value.substr(at, end - at);
    at = end + 1;
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw Complaint{in_quotes(value) +
                      " is not KEY=VALUE;KEY=VALUE; write for example device=ABC123 or "
                      "rule=heartbeat-cut;user=alice"};
    }
    set_mute(mute, part.substr(0, equals), part.substr(equals + 1));
  }
  mute.origin = place;
  config.mutes.push_back(std::move(mute));
}

void add_rules(std::vector<Option>& table) {
  Option rules =
      named("--rule", "NAME.KEY=VALUE", "rules", Group::rules, kWatchers,
            "change a threshold, switch a rule off",
            "Keys: enabled (true or false), severity (info, notice, warning, error), threshold, "
            "window_seconds, escalate_at. In the config file each rule is a table [rules.NAME].",
            "synckey-zero.threshold=3");
  rules.form = Form::rules;
  rules.apply = [](Invocation& to, const Values& values, const std::string& place) {
    for (const std::string& value : values) apply_rule_text(to.config, value, place);
  };
  table.push_back(rules);

  Option mute = named(
      "--mute", "KEY=VALUE;...", "mute", Group::rules, kWatchers,
      "silence findings that fit every key",
      "Keys: rule, host, user, device (the DeviceId), folder (its name or CollectionId). In the "
      "config file each mute is a table [[mute]].",
      "device=ABC123;folder=Calendar");
  mute.form = Form::mutes;
  mute.apply = [](Invocation& to, const Values& values, const std::string& place) {
    for (const std::string& value : values) apply_mute_text(to.config, value, place);
  };
  table.push_back(mute);

  Option watch = list(named("--watch-item", "SERVERID", "watch_items", Group::rules, kWatchers,
                            "tell when this item leaves the device by its period",
                            "The ServerId of an item that a user misses, as a Sync shows it; for "
                            "the rule item-filtered.",
                            "5:60"),
                      [](Config& config) -> Values& { return config.watched_items; });
  table.push_back(watch);
  table.push_back(
      list(named("--failed-mail-subject", "TEXT", "failed_mail_subjects", Group::rules, kWatchers,
                 "part of the subject of the server's mails about failed items",
                 "They are written in the user's language, so the rule sync-failed-mail is silent "
                 "without it.",
                 "could not be synchronized"),
           [](Config& config) -> Values& { return config.sync_failed_subjects; }));
}

void add_general_options(std::vector<Option>& table) {
  Option config =
      named("--config", "FILE", "", Group::general, in::all, "read settings from this TOML file",
            "Flags and environment variables win over it. Also EASTAP_CONFIG.");
  config.apply = [](Invocation&, const Values&, const std::string&) {
  };  // read before all others, by `parse`
  table.push_back(config);
  table.push_back(word<LogLevel>(
      named("--log-level", "LEVEL", "log_level", Group::general, in::all,
            "debug, info, warning, error ..."),
      [](Config& config_) -> LogLevel& { return config_.log_level; }, log_level_from));
  Option log_file = optional_text(
      named("--log-file", "FILE", "log_file", Group::general, in::all, "for eastap's own messages",
            "Mode 0600. Never holds passwords, tokens or keys.", "/var/log/eastap.log"),
      [](Config& config_) -> std::optional<std::string>& { return config_.log_file; });
  log_file.default_text = "stderr";
  table.push_back(log_file);
}

std::vector<Option> make_table() {
  std::vector<Option> table;
  add_proxy_options(table);
  add_certificate_options(table);
  add_capture_options(table);
  add_output_options(table);
  add_decode_options(table);
  add_rules(table);
  add_limits(table);
  add_deadlines(table);
  add_general_options(table);
  return table;
}

}  // namespace

std::string Option::variable() const {
  if (key.empty() && flag != "--config") return {};
  std::string name = "EASTAP_";
  for (const char letter : std::string_view{flag}.substr(2)) {
    name += letter == '-'                    ? '_'
            : letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A')
                                             : letter;
  }
  return name;
}

const std::vector<Option>& option_table() {
  static const std::vector<Option> table = make_table();
  return table;
}

const std::vector<Command>& command_table() {
  static const std::vector<Command> table{
      {Subcommand::run,
       in::run,
       "run",
       "",
       false,
       "intercept and watch: proxy, live tail, capture",
       "Listens as an HTTPS proxy, decrypts the hosts of the intercept list, shows each ActiveSync "
       "request in plain "
       "words, flags what goes wrong, and keeps a capture. Stop it with Ctrl-C.",
       {"eastap run  # proxy on port 8888, capture in this folder",
        "eastap run --intercept sync.example.com --allow 192.168.1.23  # one more host, one phone",
        "eastap run --tail json --no-capture | jq .  # records for a program"}},
      {Subcommand::replay,
       in::replay,
       "replay",
       "FILE",
       true,
       "a capture through the same decoder, rules and tail",
       "Reads a capture (- for stdin) and shows what run would have shown, with today's decoder "
       "and rules.",
       {"eastap replay eastap-20261120-140200.eastap  # all of it at once",
        "eastap replay --speed 1 --fail-on warning monday.eastap  # in real time; ends with 1 on a "
        "warning"}},
      {Subcommand::tail,
       in::tail,
       "tail",
       "FILE",
       true,
       "follow a capture that another eastap is writing",
       "Shows exchanges as they reach the file, until Ctrl-C.",
       {"eastap tail eastap-20261120-140200.eastap  # watch a run from another terminal"}},
      {Subcommand::decode,
       in::decode,
       "decode",
       "FILE",
       false,
       "one WBXML body as XML, JSON or annotated hex",
       "Reads octets, hex or base64 from FILE or stdin. Ends with 3 when the body did not decode "
       "to its end; what "
       "decoded is printed all the same.",
       {"eastap decode body.wbxml  # as XML",
        "echo 03016a00000756520330000101 | eastap decode --hex  # what each octet means"}},
      {Subcommand::encode,
       in::encode,
       "encode",
       "FILE",
       false,
       "XML as eastap decode prints it, back to WBXML",
       "Reads XML from FILE or stdin and writes the octets to stdout.",
       {"eastap encode sync.xml > sync.wbxml  # a body to send with curl"}},
      {Subcommand::ca_create,
       in::ca_create,
       "ca create",
       "",
       false,
       "make the interception CA",
       "As the first eastap run does by itself. Does not replace a CA that is there.",
       {"eastap ca create --ca-dir /var/lib/eastap  # for a service"}},
      {Subcommand::ca_show,
       in::ca_show,
       "ca show",
       "",
       false,
       "name, validity and fingerprint of the CA",
       "To compare with what the phone shows before it is trusted.",
       {"eastap ca show  # who am I"}},
      {Subcommand::ca_export,
       in::ca_export,
       "ca export",
       "FILE",
       false,
       "the CA certificate, to install on a phone",
       "Writes the certificate, never the key, to FILE or stdout.",
       {"eastap ca export eastap-ca.cer  # DER, for iOS and Windows",
        "eastap ca export eastap-ca.pem  # PEM"}},
  };
  return table;
}

std::string_view title(Group group) {
  switch (group) {
    case Group::proxy: return "Proxy";
    case Group::certificates: return "Certificates and servers";
    case Group::capture: return "Capture";
    case Group::output: return "Output";
    case Group::decode: return "Format";
    case Group::rules: return "Rules";
    case Group::limits: return "Limits";
    case Group::deadlines: return "Deadlines";
    case Group::general: return "General";
  }
  return "";
}

void apply_option(const Option& option, Invocation& invocation,
                  const std::vector<std::string>& values, const std::string& place) {
  try {
    option.apply(invocation, values, place);
  } catch (const Complaint& complaint) {
    throw ConfigError{place + ": " + complaint.what()};
  }
}

}  // namespace eastap::config
