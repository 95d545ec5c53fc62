#include <algorithm>
#include <array>
#include <string_view>

#include "config/options/options.hpp"

namespace eastap::config {

namespace {

/// What `eastap doctor` judges; all else that `run` takes would change nothing there.
constexpr std::array<std::string_view, 27> kLookedAt{"--listen",
                                                     "--intercept",
                                                     "--tunnel",
                                                     "--allow",
                                                     "--allow-target",
                                                     "--ca-dir",
                                                     "--passphrase-file",
                                                     "--certificate",
                                                     "--upstream-ca",
                                                     "--upstream-insecure",
                                                     "--connect-to",
                                                     "--upstream-proxy",
                                                     "--upstream-proxy-credentials",
                                                     "--no-upstream-proxy",
                                                     "--bind",
                                                     "--host",
                                                     "--resolver",
                                                     "--capture",
                                                     "--no-capture",
                                                     "--limit-connections",
                                                     "--capture-max-size",
                                                     "--capture-max-age",
                                                     "--capture-keep-size",
                                                     "--capture-keep-age",
                                                     "--deadline-resolve",
                                                     "--deadline-upstream-connect",
                                                     "--deadline-upstream-tls"};

}  // namespace

void let_doctor_take(std::vector<Option>& table) {
  for (Option& option : table) {
    const bool rules = option.flag == "--rule" || option.flag == "--mute";
    const bool looked_at =
        std::find(kLookedAt.begin(), kLookedAt.end(), option.flag) != kLookedAt.end();
    if (rules || looked_at || option.flag == "--json") option.commands |= in::doctor;
  }
}

}  // namespace eastap::config
