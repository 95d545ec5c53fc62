#include "config/option_forms.hpp"
#include "config/options/options.hpp"

namespace eastap::config {
namespace {

RedactLevel redact_from(std::string_view text) {
  for (const RedactLevel level : {RedactLevel::none, RedactLevel::content, RedactLevel::identity}) {
    if (text == to_string(level)) return level;
  }
  throw Complaint{in_quotes(text) + " is none of none, content, identity"};
}

}  // namespace

void add_redaction_options(std::vector<Option>& table) {
  Option level = named(
      "--redact", "LEVEL", "redact", Group::output, kRedacting, "none, content or identity",
      "Hides what people wrote, or also who they are. content: texts, subjects, names, addresses "
      "and files become their size (bytes=\"19\"), as "
      "in "
      "Exchange's own mailbox log; where only a line has room, letters of the same number (xQzW). "
      "identity: also users, addresses, device ids, hosts, IP addresses and tenants become "
      "pseudonyms, in log lines too. Equal stays equal; statuses, keys, ids, times and findings "
      "stay. Only what is printed, logged or exported is redacted: a capture keeps what came. "
      "Passwords, tokens and cookies are masked at every level. What stays is the operator's own: "
      "its files' names where they end as usual, the address to set a phone to, and what is wrong "
      "with settings before the "
      "start.",
      "content");
  level.words = {"none", "content", "identity"};
  level.default_text = "none; export: identity";
  level.excludes = {"--rebuild"};
  level.apply = [](Invocation& to, const Values& values, const std::string&) {
    to.config.redact = redact_from(values.back());
  };
  table.push_back(level);
  Option key = optional_text(
      named("--redact-key", "FILE", "redact_key", Group::output, kRedacting,
            "key of the pseudonyms",
            "A file of at least 16 octets that nobody else has (openssl rand -out FILE 32). The "
            "same key gives the same pseudonyms in every run; without it they are of this run "
            "alone.",
            "/etc/eastap/redact.key"),
      [](Config& config) -> std::optional<std::string>& { return config.redact_key; });
  key.default_text = "a new one each time";
  key.excludes = {"--rebuild"};
  table.push_back(key);
}

}  // namespace eastap::config
