/// The part of a client connection that asks for user and password.

#include <utility>

#include "decoder/model/header_list.hpp"
#include "proxy/net/client_connection.hpp"

namespace eastap::net {

using model::ConnectionEvent;

bool ClientConnection::password_fits(std::string_view user, std::string_view password) {
  const tunnel::ProxyUsers& users = policy_->users();
  if (!users.is_cheap(user, password) && !services_.admission.password_attempt(client_address_)) {
    event_of_client(ConnectionEvent::Kind::refused, "proxy_user_rate",
                    client_address_.to_string() +
                        " tries passwords faster than they are checked (one a second)");
    return false;
  }
  return users.check(user, password);
}

asio::awaitable<bool> ClientConnection::may_use_proxy(const std::string& head) {
  if (policy_->users().empty()) co_return true;
  const model::HeaderList fields{head};
  const auto field = fields.find("Proxy-Authorization");
  const auto given = field ? tunnel::basic_credentials(*field) : std::nullopt;
  if (given && password_fits(given->user, given->password)) co_return true;
  if (field) {
    event_of_client(ConnectionEvent::Kind::refused, "proxy_user",
                    client_address_.to_string() +
                        (given ? " gave a user and password that are not in the file of "
                                 "--proxy-users"
                               : " gave its password in another form than Basic") +
                        ". Correct them in the device's proxy settings.");
  } else {
    event_of_client(ConnectionEvent::Kind::refused, "proxy_user_missing",
                    client_address_.to_string() +
                        " was asked for user and password, as every client is at first. When it "
                        "comes no further, set them in the device's proxy settings.");
  }
  co_await send_last(proxy_authentication_answer());
  co_return false;
}

}  // namespace eastap::net
