#include "proxy/portal/web.hpp"

#include "decoder/base/text.hpp"

namespace eastap::portal {
namespace {

std::string_view phrase(std::uint16_t status) {
  switch (status) {
    case 200: return "OK";
    case 303: return "See Other";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 421: return "Misdirected Request";
    case 503: return "Service Unavailable";
    default: return "Answer";
  }
}

}  // namespace

Reply plain(std::uint16_t status, std::string_view text) {
  Reply reply;
  reply.status = status;
  reply.type = "text/plain; charset=utf-8";
  reply.body = "eastap: ";
  reply.body += text;
  reply.body += '\n';
  return reply;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view field = query.substr(0, end);
    const std::size_t equals = field.find('=');
    if (field.substr(0, equals) == name) {
      const std::string_view value =
          equals == std::string_view::npos ? std::string_view{} : field.substr(equals + 1);
      return percent_decoded(value, true);
    }
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return std::nullopt;
}

std::string to_octets(const Reply& reply, bool with_body, std::string_view probe_origin) {
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + ' ';
  text += phrase(reply.status);
  text += "\r\nContent-Type: " + reply.type;
  text += "\r\nContent-Length: " + std::to_string(reply.body.size()) + "\r\n";
  if (!reply.file_name.empty()) {
    text += "Content-Disposition: attachment; filename=\"" + reply.file_name + "\"\r\n";
  }
  for (const auto& [name, value] : reply.fields) text += name + ": " + value + "\r\n";
  // Nothing is loaded from elsewhere; the script may call ourselves and the probe.
  text +=
      "Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; "
      "img-src 'self' data:; connect-src 'self' ";
  text += probe_origin;
  text +=
      "; form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
      "Cache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\n"
      "Referrer-Policy: no-referrer\r\n"
      "Connection: close\r\n\r\n";
  if (with_body) text += reply.body;
  return text;
}

}  // namespace eastap::portal
