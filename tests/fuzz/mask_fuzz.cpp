/// Masks on any octets: a secret put behind a credential field, a cookie, a URL parameter, a form
/// field or a JSON member does not survive, whatever stands before and after it.

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "decoder/base/text.hpp"
#include "decoder/wbxml/decode.hpp"
#include "proxy/http/mask.hpp"
#include "proxy/http/mask_echo.hpp"

namespace {

constexpr std::string_view kSecret = "Xk7vQ2Z9secret";

void absent(const std::string& text) {
  if (text.find(kSecret) != std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace eastap;
  if (size < 2) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 2, size - 2};
  if (text.find(kSecret.substr(0, 4)) != std::string_view::npos) return 0;
  const std::size_t middle = text.empty() ? 0 : data[1] % (text.size() + 1);
  const std::string before{text.substr(0, middle)}, after{text.substr(middle)};
  const http::Masker masker{{7}};

  static const char* const kFields[] = {
      "Authorization:", "Proxy-Authorization: ", "authorization :\t",
      "Cookie: a=",     "Set-Cookie: a=",        "X-Api-Key: "};
  const std::string field = kFields[data[0] % 6];
  std::string head = "POST / HTTP/1.1\r\n" + before + "\r\n" + field;
  for (const char* scheme : {"", "Basic ", "Bearer ", "NTLM ", "Digest x=", "\r\n Foo "}) {
    std::string whole = head;
    whole.append(scheme).append(kSecret).append("\r\n").append(after).append("\r\n\r\n");
    absent(masker.head(whole));
  }
  (void)masker.head(text);
  absent(masker.head("GET /?password=" + std::string{kSecret} + " HTTP/1.1\r\n" + before));
  absent(
      http::mask_url_secrets("https://h/?a=b&access_token=" + std::string{kSecret} + "&" + before));

  std::string form = before + "&password=" + std::string{kSecret} + "&" + after;
  const std::size_t form_size = form.size();
  http::mask_form_secrets(form);
  absent(form);
  if (form.size() != form_size) std::abort();

  std::string json =
      "{\"x\":1,\"client_secret\":\"" + std::string{kSecret} + "\",\"y\":" + std::string{text};
  http::mask_json_secrets(json);
  absent(json);
  for (const char* name : {"Authorization: Basic ", "authorization%3a%20", "Cookie: a="}) {
    std::string told = before + "\n" + name + std::string{kSecret} + "\n" + after;
    const std::size_t told_size = told.size();
    http::mask_echoed_credentials(told);
    absent(told);
    if (told.size() != told_size) std::abort();
  }
  std::string any{text};
  http::mask_json_secrets(any);
  if (any.size() != text.size()) std::abort();
  any = text;
  http::mask_xml_secrets(any);
  if (any.size() != text.size()) std::abort();

  std::string body{text};
  const auto document = wbxml::decode(std::make_shared<const std::string>(body));
  const bool changed = http::mask_wbxml_secrets(document, body);
  if (body.size() != text.size()) std::abort();
  if (changed && !http::may_hold_wbxml_secrets(text)) std::abort();
  return 0;
}
