#include "config/option_forms.hpp"
#include "config/options/options.hpp"

namespace eastap::config {

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
  add_way_out_options(table);
  table.push_back(optional_text(
      named("--keylog", "FILE", "keylog", Group::certificates, in::run,
            "write TLS secrets for Wireshark",
            "NSS key log format, mode 0600. Whoever has it and the packets can read all traffic.",
            "/tmp/eastap.keys"),
      [](Config& config) -> std::optional<std::string>& { return config.keylog; }));
}

}  // namespace eastap::config
