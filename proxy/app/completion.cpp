#include <string>
#include <vector>

#include "decoder/findings/rule_table.hpp"
#include "proxy/app/commands.hpp"
#include "proxy/app/wiring.hpp"

namespace eastap::app {

int completion(const config::Invocation& invocation) {
  std::vector<std::string> rules;
  for (const auto& row : findings::rules()) rules.emplace_back(row.id);
  put_out(config::completion_script(invocation.shell, rules));
  return kDone;
}

}  // namespace eastap::app
