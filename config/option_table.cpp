#include "config/option_table.hpp"

#include "config/options/options.hpp"
#include "config/values.hpp"

namespace eastap::config {

namespace {

std::vector<Option> make_table() {
  std::vector<Option> table;
  add_proxy_options(table);
  add_page_options(table);
  add_certificate_options(table);
  add_ca_options(table);
  add_host_tls_options(table);
  add_capture_options(table);
  add_output_options(table);
  add_report_options(table);
  add_redaction_options(table);
  add_decode_options(table);
  add_check_options(table);
  add_rule_options(table);
  add_limit_options(table);
  add_deadline_options(table);
  add_general_options(table);
  let_doctor_take(table);
  let_reload(table);
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

std::string_view title(Group group) {
  switch (group) {
    case Group::proxy: return "Proxy";
    case Group::pages: return "Phones and pages";
    case Group::certificates: return "Certificates and servers";
    case Group::capture: return "Capture";
    case Group::output: return "Output";
    case Group::decode: return "Format";
    case Group::check: return "Check";
    case Group::rules: return "Rules";
    case Group::limits: return "Limits";
    case Group::deadlines: return "Deadlines";
    case Group::general: return "General";
  }
  return "";
}

void note_given(Invocation& invocation, const Option& option,
                const std::vector<std::string>& values) {
  if (option.key.empty()) return;
  // Separators that no value has: of values, and of levels.
  std::string& given = invocation.given[option.key];
  for (const std::string& value : values) given += value + '\x1f';
  given += '\x1e';
}

void apply_option(const Option& option, Invocation& invocation,
                  const std::vector<std::string>& values, const std::string& place) {
  note_given(invocation, option, values);
  try {
    option.apply(invocation, values, place);
  } catch (const Complaint& complaint) {
    throw ConfigError{place + ": " + complaint.what()};
  }
}

}  // namespace eastap::config
