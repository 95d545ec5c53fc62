#include "decoder/base/result.hpp"

namespace eastap {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::truncated: return "truncated";
    case Errc::malformed: return "malformed";
    case Errc::bad_base64: return "bad_base64";
    case Errc::bad_text: return "bad_text";
    case Errc::too_deep: return "too_deep";
    case Errc::too_large: return "too_large";
    case Errc::unsupported: return "unsupported";
    case Errc::not_found: return "not_found";
    case Errc::io: return "io";
  }
  return "unknown";
}

}  // namespace eastap
