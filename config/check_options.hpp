#pragma once

#include <chrono>
#include <string>

namespace eastap::config {

/// What `eastap check` takes beyond `Config`. Passwords and tokens never are settings.
struct CheckOptions {
  std::string user;  ///< empty: the address
  std::string password_file, token_file;
  std::string proxy;      ///< "HOST:PORT"; empty: none
  std::string protocol;   ///< "16.1"; empty: the best that both have
  std::string device_id;  ///< empty: one of this machine and user
  std::string device_type = "eastapcheck";
  std::string user_agent = "eastap-check/1.0";
  std::chrono::seconds heartbeat{10};
  bool operator==(const CheckOptions&) const = default;
};

/// The environment variables that hold a secret for `eastap check`; read where they are used.
inline constexpr const char* kPasswordVariable = "EASTAP_PASSWORD";
inline constexpr const char* kTokenVariable = "EASTAP_TOKEN";

}  // namespace eastap::config
