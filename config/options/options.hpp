#pragma once

#include <vector>

#include "config/option_table.hpp"

/// The parts of the option table, a topic each, in the order of `--help`. Private to config/.
namespace eastap::config {

void add_proxy_options(std::vector<Option>& table);
void add_way_in_options(std::vector<Option>& table);
void add_access_options(std::vector<Option>& table);
void add_way_out_options(std::vector<Option>& table);
void add_certificate_options(std::vector<Option>& table);
void add_ca_options(std::vector<Option>& table);
void add_host_tls_options(std::vector<Option>& table);
void add_capture_options(std::vector<Option>& table);
void add_output_options(std::vector<Option>& table);
void add_decode_options(std::vector<Option>& table);
void add_rule_options(std::vector<Option>& table);
void add_limit_options(std::vector<Option>& table);
void add_deadline_options(std::vector<Option>& table);
void add_general_options(std::vector<Option>& table);

}  // namespace eastap::config
