#include "config/option_forms.hpp"
#include "config/options/options.hpp"

namespace eastap::config {

void add_decode_options(std::vector<Option>& table) {
  for (const auto& [flag, form, summary, default_text] :
       {std::tuple{"--xml", BodyForm::xml, "as XML, namespaces by code page (the default)", ""},
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
}

}  // namespace eastap::config
