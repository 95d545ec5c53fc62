#include <algorithm>

#include "config/option_forms.hpp"
#include "config/options/options.hpp"

namespace eastap::config {

namespace {

/// A flag of `eastap check`: about one call, so without key and variable.
Option of_check(std::string flag, std::string value_name, std::string summary, std::string detail,
                std::string& (*field)(CheckOptions&)) {
  Option option = named(std::move(flag), std::move(value_name), "", Group::check, in::check,
                        std::move(summary), std::move(detail));
  option.apply = [field](Invocation& to, const Values& values, const std::string&) {
    if (values.back().empty()) throw Complaint{"the value is empty"};
    field(to.check) = values.back();
  };
  return option;
}

void add_sign_in(std::vector<Option>& table) {
  Option user =
      of_check("--user", "NAME", "sign in as this user", "alice@contoso.com or CONTOSO\\alice.",
               [](CheckOptions& check) -> std::string& { return check.user; });
  user.default_text = "the address";
  table.push_back(user);
  Option password = of_check(
      "--password-file", "FILE", "the password, first line of this file",
      "Else EASTAP_PASSWORD, else eastap asks on the terminal. There is no option for the password "
      "itself, since everyone on a machine can read command lines. Without one, what needs it is "
      "skipped.",
      [](CheckOptions& check) -> std::string& { return check.password_file; });
  password.excludes = {"--token-file"};
  table.push_back(password);
  Option token = of_check("--token-file", "FILE", "an OAuth access token, first line of this file",
                          "Sent as Bearer in place of a password. Also EASTAP_TOKEN.",
                          [](CheckOptions& check) -> std::string& { return check.token_file; });
  token.excludes = {"--password-file"};
  table.push_back(token);
}

void add_route(std::vector<Option>& table) {
  table.push_back(
      of_check("--proxy", "HOST:PORT", "go through this HTTP proxy",
               "For example an eastap that runs: its CA is then given with --upstream-ca.",
               [](CheckOptions& check) -> std::string& { return check.proxy; }));
}

void add_device(std::vector<Option>& table) {
  Option protocol =
      of_check("--protocol", "VERSION", "ActiveSync version", "12.1, 14.0, 14.1, 16.0 or 16.1.",
               [](CheckOptions& check) -> std::string& { return check.protocol; });
  protocol.apply = [](Invocation& to, const Values& values, const std::string&) {
    constexpr std::string_view kKnown[] = {"12.1", "14.0", "14.1", "16.0", "16.1"};
    if (std::find(std::begin(kKnown), std::end(kKnown), values.back()) == std::end(kKnown)) {
      throw Complaint{in_quotes(values.back()) + " is none of 12.1, 14.0, 14.1, 16.0 and 16.1"};
    }
    to.check.protocol = values.back();
  };
  protocol.default_text = "the best offered";
  table.push_back(protocol);
  Option id = of_check("--device-id", "ID", "DeviceId of the device that is made",
                       "1 to 32 letters and digits. The default is the same each time for machine "
                       "and user, so that one device partnership is made and no more.",
                       [](CheckOptions& check) -> std::string& { return check.device_id; });
  id.apply = [](Invocation& to, const Values& values, const std::string&) {
    const std::string& text = values.back();
    const bool good =
        !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
          return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        });
    if (!good) throw Complaint{in_quotes(text) + " is not 1 to 32 letters and digits"};
    to.check.device_id = text;
  };
  id.default_text = "EASTAPCHECK...";
  table.push_back(id);
  for (Option& option : std::vector<Option>{
           of_check("--device-type", "TYPE", "its DeviceType", "",
                    [](CheckOptions& check) -> std::string& { return check.device_type; }),
           of_check("--user-agent", "TEXT", "its User-Agent", "",
                    [](CheckOptions& check) -> std::string& { return check.user_agent; })}) {
    const bool agent = option.flag == "--user-agent";
    const CheckOptions defaults;
    option.default_text = agent ? defaults.user_agent : defaults.device_type;
    option.apply = [agent](Invocation& to, const Values& values, const std::string&) {
      const std::string& text = values.back();
      const bool good =
          !text.empty() && text.size() <= 200 &&
          std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
      if (!good) throw Complaint{in_quotes(text) + " is not printable ASCII"};
      (agent ? to.check.user_agent : to.check.device_type) = text;
    };
    table.push_back(option);
  }
}

}  // namespace

void add_check_options(std::vector<Option>& table) {
  add_sign_in(table);
  add_route(table);
  add_device(table);
  Option heartbeat =
      named("--heartbeat", "TIME", "", Group::check, in::check, "how long the Ping waits",
            "With 15m or more it shows whether firewalls and load balancers let a phone wait: a "
            "Ping that "
            "is cut means they do not.");
  heartbeat.form = Form::duration;
  heartbeat.default_text = "10s";
  heartbeat.apply = [](Invocation& to, const Values& values, const std::string&) {
    const auto time = duration_from(values.back());
    if (time < std::chrono::seconds{1} || time > std::chrono::seconds{3'540}) {
      throw Complaint{in_quotes(values.back()) + " is outside 1s to 59m"};
    }
    to.check.heartbeat = std::chrono::ceil<std::chrono::seconds>(time);
  };
  table.push_back(heartbeat);
}

}  // namespace eastap::config
