#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/ways.hpp"

/// Settings of `config/ways.hpp` as text. Private to config/. All throw `Complaint`.
namespace eastap::config {

/// "[MODE:]ADDR:PORT[=HOST[:PORT]]"; the part after '=' only with `reverse:`.
[[nodiscard]] Listen listener_from(std::string_view text);
[[nodiscard]] std::string listener_text(const Listen& listen);
/// The same from the keys of a `[[listen]]` table: address, mode, target.
[[nodiscard]] std::string listener_from_row(const std::map<std::string, std::string>& row);

/// "NAME=ADDR"
[[nodiscard]] StaticHost static_host_from(std::string_view text);
/// "[http://]HOST:PORT"
[[nodiscard]] Endpoint upstream_proxy_from(std::string_view text);
/// "ADDR[:PORT]"
[[nodiscard]] Endpoint name_server_from(std::string_view text);
/// A literal, brackets allowed.
[[nodiscard]] std::string own_address_from(std::string_view text);

}  // namespace eastap::config
