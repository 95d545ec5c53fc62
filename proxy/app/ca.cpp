#include <array>
#include <chrono>
#include <ctime>
#include <string>

#include <unistd.h>

#include "certs/authority.hpp"
#include "proxy/app/commands.hpp"
#include "proxy/app/host_name.hpp"
#include "proxy/app/wiring.hpp"

namespace eastap::app {
namespace {

certs::SystemTime today() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string date(certs::SystemTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
  return text.data();
}

std::string described(const certs::Authority& authority, const std::string& ca_dir) {
  const auto facts = authority.facts();
  const auto days = std::chrono::floor<std::chrono::days>(facts.not_after - today()).count();
  std::string text;
  text += "name         " + facts.subject + '\n';
  if (facts.issuer != facts.subject) text += "issued by    " + facts.issuer + '\n';
  text += "key          " + facts.key + '\n';
  text += "valid        " + date(facts.not_before) + " to " + date(facts.not_after) + " (" +
          std::to_string(days) + " days left)\n";
  text += "SHA-256      " + facts.sha256 + '\n';
  text += "serial       " + facts.serial + '\n';
  text += "certificate  " + certs::certificate_file(ca_dir).string() + '\n';
  text += "private key  " + certs::key_file(ca_dir).string() + '\n';
  return text;
}

void warn(const certs::Authority& authority) {
  for (const auto& warning : authority.warnings) {
    write_all(STDERR_FILENO, "eastap: " + warning + '\n');
  }
}

}  // namespace

int ca_create(const config::Invocation& invocation) {
  const auto& ca_dir = invocation.config.ca_dir;
  const auto authority = certs::create(ca_dir, host_name(), today());
  warn(authority);
  put_out(described(authority, ca_dir));
  return kDone;
}

int ca_show(const config::Invocation& invocation) {
  const auto& ca_dir = invocation.config.ca_dir;
  const auto authority = certs::load(ca_dir, today());
  warn(authority);
  put_out(described(authority, ca_dir));
  return kDone;
}

int ca_export(const config::Invocation& invocation) {
  const auto authority = certs::load(invocation.config.ca_dir, today());
  const bool der = invocation.certificate_form == config::CertificateForm::der;
  const std::string octets = der ? authority.der() : authority.pem();
  if (invocation.file == "-") {
    put_out(octets);
    return kDone;
  }
  write_new_file(invocation.file, octets);
  return kDone;
}

}  // namespace eastap::app
