#include <csignal>
#include <exception>
#include <functional>
#include <string>

#include "certs/authority.hpp"
#include "config/invocation.hpp"
#include "proxy/app/commands.hpp"
#include "proxy/app/wiring.hpp"

namespace {

int dispatch(const eastap::config::Invocation& invocation,
             const std::function<eastap::config::Invocation()>& read_again) {
  using eastap::config::Subcommand;
  namespace app = eastap::app;
  switch (invocation.command) {
    case Subcommand::print_text: app::put_out(invocation.text); return app::kDone;
    case Subcommand::print_completion: return app::completion(invocation);
    case Subcommand::run: return app::run(invocation, read_again);
    case Subcommand::replay:
      if (invocation.rebuild) return app::rebuild(invocation);
      [[fallthrough]];
    case Subcommand::tail: return app::replay(invocation);
    case Subcommand::report: return app::report(invocation);
    case Subcommand::decode: return app::decode(invocation);
    case Subcommand::encode: return app::encode(invocation);
    case Subcommand::explain: return app::explain(invocation);
    case Subcommand::capture_export: return app::capture_export(invocation);
    case Subcommand::ca_create: return app::ca_create(invocation);
    case Subcommand::ca_show: return app::ca_show(invocation);
    case Subcommand::ca_renew: return app::ca_renew(invocation);
    case Subcommand::ca_import: return app::ca_import(invocation);
    case Subcommand::ca_export: return app::ca_export(invocation);
    case Subcommand::doctor: return app::doctor(invocation);
    case Subcommand::check: return app::check(invocation);
  }
  return app::kUsage;
}

int complain(const std::exception& error, int status) {
  eastap::app::tell(error.what());
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  eastap::app::open_standard_files();
  std::signal(SIGXFSZ, SIG_IGN);  // a file at its size limit is a full disk
  std::signal(SIGPIPE, SIG_IGN);  // a peer or reader that went away is an error code, not our end
  try {
    const auto read = [&] {
      return eastap::config::parse(argc, argv, eastap::config::environment_from(environ));
    };
    const auto invocation = read();
    for (const auto& warning : invocation.warnings) eastap::app::tell(warning);
    return dispatch(invocation, read);
  } catch (const eastap::config::ConfigError& error) {
    return complain(error, eastap::app::kUsage);
  } catch (const eastap::certs::CertificateError& error) {
    return complain(error, eastap::app::kUsage);
  } catch (const std::exception& error) {
    return complain(error, eastap::app::kUsage);
  }
}
