#include "proxy/net/local_pages.hpp"

#include <utility>

#include "decoder/model/header_list.hpp"
#include "proxy/net/dial.hpp"
#include "proxy/net/plain_http.hpp"

namespace eastap::net {
namespace {

Timestamp now() { return std::chrono::floor<Microseconds>(std::chrono::system_clock::now()); }

/// Fills in how the request names us: the authority of its target, else Host.
void set_host(portal::Request& request, std::string_view name) {
  // A Host without port means the default one of the scheme, RFC 9110 7.2.
  const auto named = parse_authority(name, request.tls ? 443 : 80);
  if (!named) return;
  request.host = tunnel::normalised_host(named->host);
  request.host_port = named->port;
}

}  // namespace

std::string plain_answer(std::uint16_t status, std::string_view reason, std::string_view text,
                         std::string_view more_fields) {
  std::string body = "eastap: ";
  body += text;
  body += '\n';
  std::string answer = "HTTP/1.1 " + std::to_string(status) + ' ';
  answer += reason;
  answer += "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " +
            std::to_string(body.size()) +
            "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
  answer += more_fields;
  answer += "Connection: close\r\n\r\n";
  return answer + body;
}

std::string proxy_authentication_answer() {
  return plain_answer(407, "Proxy Authentication Required",
                      "this proxy asks for a user and password",
                      "Proxy-Authenticate: Basic realm=\"eastap\", charset=\"UTF-8\"\r\n");
}

std::string plain_address(const asio::ip::address& address) {
  return tunnel::to_string(to_address(address));
}

bool LocalPages::is_own(const portal::Site& site, std::string_view host, std::uint16_t port,
                        const asio::ip::tcp::endpoint& reached) {
  return site.is_own(host, port, plain_address(reached.address()), reached.port());
}

void LocalPages::note(const std::function<void(portal::ClientLog& log)>& what) {
  const std::scoped_lock lock{mutex_};
  what(log_);
}

std::string LocalPages::answer(const portal::Site& site, const Visit& visit,
                               const asio::ip::address& client,
                               const asio::ip::tcp::endpoint& reached) {
  const model::HeaderList fields{std::string{visit.head}};
  if (fields.find_all("Host").size() > 1) {  // RFC 9112 3.2
    return plain_answer(400, "Bad Request", "the request names two hosts");
  }
  portal::Request request;
  request.method = visit.method;
  const std::size_t mark = visit.target.find('?');
  request.path = visit.target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = visit.target.substr(mark + 1);
  request.tls = visit.tls;
  request.through_proxy = visit.through_proxy;
  set_host(request, visit.authority.empty() ? fields.find("Host").value_or("") : visit.authority);
  request.user_agent = fields.find("User-Agent").value_or("");
  request.client = plain_address(client);
  request.proxy_address = plain_address(reached.address());
  request.proxy_port = visit.proxy_port;
  request.socks_only = visit.socks_only;
  request.time = now();
  request.probe = site.probe();
  request.no_ca = site.no_ca();
  note([&](const portal::ClientLog& log) { request.known = log.facts(request.client); });

  const portal::Reply reply = site.answer(request);
  if (reply.note) {
    bool news = true;
    note([&](portal::ClientLog& log) {
      if (reply.note->kind == portal::Note::Kind::downloaded) {
        log.downloaded(request.client, request.time);
      } else {
        news = log.tell(request.client, reply.note->word);
      }
    });
    if (news) {
      model::ConnectionEvent event;
      event.kind = model::ConnectionEvent::Kind::proxy_note;
      event.time = request.time;
      event.connection = visit.connection;
      event.reason = reply.note->kind == portal::Note::Kind::downloaded
                         ? "ca_downloaded"
                         : "self_test_" + reply.note->word;
      event.detail = reply.note->text;
      output_.take(std::move(event));
    }
  }
  return portal::to_octets(reply, visit.method != "HEAD", site.probe_origin());
}

}  // namespace eastap::net
