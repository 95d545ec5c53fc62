#include "proxy/portal/markup.hpp"

#include "decoder/render/printable.hpp"

namespace eastap::portal {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : render::printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string host_port(std::string_view address, unsigned port) {
  const bool v6 = address.find(':') != std::string_view::npos;
  std::string out = v6 ? "[" : "";
  out += address;
  if (v6) out += ']';
  return out + ':' + std::to_string(port);
}

std::string page_url(std::string_view address, unsigned port) {
  return "http://" + host_port(address, port) + '/';
}

}  // namespace eastap::portal
