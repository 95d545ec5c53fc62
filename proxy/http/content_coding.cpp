#include "proxy/http/content_coding.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

#include "decoder/base/text.hpp"

namespace eastap::http {
namespace {

constexpr std::string_view kCodingField = "Content-Encoding";
constexpr std::string_view kUndoneField = "X-Eastap-Undone-Content-Encoding";
constexpr std::string_view kCutMark = "; cut";

/// One coding undone: what came out, how far the input was read, and what stopped it.
struct Stage {
  std::string octets;
  std::size_t consumed = 0;
  std::optional<std::pair<Errc, std::string>> trouble;
};

/// Grows the output in steps, so that a small bomb costs little before it is known as one. Full one
/// octet beyond the limit: a body of just that size is whole.
class Sink {
 public:
  Sink(std::string& out, std::size_t limit, std::size_t input) : out_{out}, limit_{limit + 1} {
    step_ = std::clamp<std::size_t>(input * 3, 4'096, 1024 * 1024);
  }
  /// Room for more output; none when the limit is reached.
  std::pair<char*, std::size_t> room() {
    if (used_ == out_.size()) {
      const std::size_t want = std::max(step_, out_.size() / 2);
      out_.resize(out_.size() + std::min(want, limit_ - out_.size()));
    }
    return {out_.data() + used_, out_.size() - used_};
  }
  void wrote(std::size_t octets) { used_ += octets; }
  [[nodiscard]] bool is_full() const { return used_ == limit_; }
  void finish() {
    out_.resize(std::min(used_, limit_ - 1));
    if (out_.capacity() > used_ + used_ / 2 + 4'096) out_.shrink_to_fit();
  }

 private:
  std::string& out_;
  std::size_t limit_;
  std::size_t step_ = 0;
  std::size_t used_ = 0;
};

void too_large(Stage& stage, std::size_t limit) {
  stage.trouble = {Errc::too_large,
                   "the decoded body is larger than " + std::to_string(limit) + " octets"};
}

void ends_early(Stage& stage, std::string_view coding) {
  stage.trouble = {Errc::truncated, "the " + std::string{coding} + " data ends early"};
}

struct InflateEnd {
  void operator()(z_stream* stream) const noexcept {
    inflateEnd(stream);
    delete stream;
  }
};

constexpr int kGzipWindow = MAX_WBITS + 16;
constexpr int kZlibWindow = MAX_WBITS;
constexpr int kRawWindow = -MAX_WBITS;

Stage undo_zlib(std::string_view input, int window, std::string_view coding, std::size_t limit) {
  Stage stage;
  std::unique_ptr<z_stream, InflateEnd> stream{new z_stream{}};
  if (inflateInit2(stream.get(), window) != Z_OK) {
    stage.trouble = {Errc::io, "no memory for zlib"};
    return stage;
  }
  Sink sink{stage.octets, limit, input.size()};
  while (true) {
    const std::string_view rest = input.substr(stage.consumed);
    const auto [room, room_size] = sink.room();
    constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
    const std::size_t give = std::min(rest.size(), kMost);
    const std::size_t take = std::min(room_size, kMost);
    // zlib's older interface takes input as non-const; it does not write to it.
    stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest.data()));
    stream->avail_in = static_cast<uInt>(give);
    stream->next_out = reinterpret_cast<Bytef*>(room);
    stream->avail_out = static_cast<uInt>(take);
    const int result = inflate(stream.get(), Z_NO_FLUSH);
    const std::size_t read = give - stream->avail_in;
    const std::size_t wrote = take - stream->avail_out;
    stage.consumed += read;
    sink.wrote(wrote);
    if (result == Z_STREAM_END) {
      // gzip members may follow one another, RFC 1952 2.2.
      if (window == kGzipWindow && input.substr(stage.consumed).starts_with("\x1F\x8B") &&
          inflateReset(stream.get()) == Z_OK) {
        if (sink.is_full()) {
          too_large(stage, limit);
          break;
        }
        continue;
      }
      break;
    }
    if (result != Z_OK && result != Z_BUF_ERROR) {
      stage.trouble = {Errc::malformed, "broken " + std::string{coding} + " data: " +
                                            (stream->msg != nullptr ? stream->msg : "no reason")};
      break;
    }
    if (sink.is_full()) {
      too_large(stage, limit);
      break;
    }
    if (stage.consumed == input.size() && stream->avail_out != 0) {
      ends_early(stage, coding);
      break;
    }
    if (read == 0 && wrote == 0 && room_size != 0) {
      ends_early(stage, coding);
      break;
    }
  }
  sink.finish();
  return stage;
}

/// "deflate" is zlib (RFC 9110 8.4.1.2), but a part of the senders means raw deflate.
Stage undo_deflate(std::string_view input, std::size_t limit) {
  Stage zlib = undo_zlib(input, kZlibWindow, "deflate", limit);
  if (!zlib.trouble || zlib.trouble->first != Errc::malformed || !zlib.octets.empty()) return zlib;
  Stage raw = undo_zlib(input, kRawWindow, "deflate", limit);
  return raw.octets.empty() && raw.trouble ? zlib : raw;
}

struct BrotliEnd {
  void operator()(BrotliDecoderState* state) const noexcept { BrotliDecoderDestroyInstance(state); }
};

Stage undo_brotli(std::string_view input, std::size_t limit) {
  Stage stage;
  const std::unique_ptr<BrotliDecoderState, BrotliEnd> state{
      BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)};
  if (!state) {
    stage.trouble = {Errc::io, "no memory for brotli"};
    return stage;
  }
  Sink sink{stage.octets, limit, input.size()};
  const auto* next_in = reinterpret_cast<const std::uint8_t*>(input.data());
  std::size_t left = input.size();
  while (true) {
    const auto [room, room_size] = sink.room();
    auto* next_out = reinterpret_cast<std::uint8_t*>(room);
    std::size_t room_left = room_size;
    const auto result =
        BrotliDecoderDecompressStream(state.get(), &left, &next_in, &room_left, &next_out, nullptr);
    sink.wrote(room_size - room_left);
    stage.consumed = input.size() - left;
    if (result == BROTLI_DECODER_RESULT_SUCCESS) break;
    if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) {
      ends_early(stage, "br");
      break;
    }
    if (result == BROTLI_DECODER_RESULT_ERROR) {
      stage.trouble = {Errc::malformed,
                       std::string{"broken br data: "} +
                           BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state.get()))};
      break;
    }
    if (sink.is_full()) {
      too_large(stage, limit);
      break;
    }
  }
  sink.finish();
  return stage;
}

struct ZstdEnd {
  void operator()(ZSTD_DStream* stream) const noexcept { ZSTD_freeDStream(stream); }
};

constexpr int kZstdWindowLog = 23;  // 8 MiB, what RFC 9659 asks of a content coding

Stage undo_zstd(std::string_view input, std::size_t limit) {
  Stage stage;
  const std::unique_ptr<ZSTD_DStream, ZstdEnd> stream{ZSTD_createDStream()};
  if (!stream || ZSTD_isError(ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax,
                                                     kZstdWindowLog)) != 0) {
    stage.trouble = {Errc::io, "no memory for zstd"};
    return stage;
  }
  Sink sink{stage.octets, limit, input.size()};
  ZSTD_inBuffer in{input.data(), input.size(), 0};
  while (true) {
    const auto [room, room_size] = sink.room();
    ZSTD_outBuffer out{room, room_size, 0};
    const std::size_t before = in.pos;
    const std::size_t result = ZSTD_decompressStream(stream.get(), &out, &in);
    sink.wrote(out.pos);
    stage.consumed = in.pos;
    if (ZSTD_isError(result) != 0) {
      stage.trouble = {Errc::malformed,
                       std::string{"broken zstd data: "} + ZSTD_getErrorName(result)};
      break;
    }
    if (result == 0 && in.pos == in.size) break;  // frames may follow one another
    if (sink.is_full()) {
      too_large(stage, limit);
      break;
    }
    if (in.pos == in.size && out.pos < out.size) {
      ends_early(stage, "zstd");
      break;
    }
    if (in.pos == before && out.pos == 0 && room_size != 0) {
      ends_early(stage, "zstd");
      break;
    }
  }
  sink.finish();
  return stage;
}

std::optional<Stage> undo(std::string_view coding, std::string_view input, std::size_t limit) {
  if (coding == "gzip" || coding == "x-gzip") return undo_zlib(input, kGzipWindow, "gzip", limit);
  if (coding == "deflate") return undo_deflate(input, limit);
  if (coding == "br") return undo_brotli(input, limit);
  if (coding == "zstd") return undo_zstd(input, limit);
  return std::nullopt;
}

}  // namespace

std::vector<std::string> content_codings(const model::HeaderList& head) {
  std::vector<std::string> codings;
  for (std::string_view list : head.find_all("Content-Encoding")) {
    while (!list.empty()) {
      const std::size_t comma = list.find(',');
      std::string name;
      for (const char c : list.substr(0, comma)) {  // folds and blanks
        if (static_cast<unsigned char>(c) > 0x20) name += c;
      }
      name = to_lower(name);
      if (!name.empty() && name != "identity") codings.push_back(std::move(name));
      list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    }
  }
  return codings;
}

DecodedBody undo_content_codings(const std::vector<std::string>& codings, std::string_view body,
                                 std::string_view part, const CodingLimits& limits) {
  DecodedBody result;
  const auto remark = [&](Errc code, std::uint64_t offset, std::string text) {
    result.diagnostics.push_back({code, offset, std::string{part}, std::move(text)});
  };
  if (body.empty() ||
      codings.empty()) {  // HEAD and 304 name the coding of a body that is not there
    result.octets = body;
    return result;
  }
  std::size_t left = codings.size();
  if (left > limits.codings) {
    remark(Errc::too_large, 0,
           std::to_string(left) + " content codings, where " + std::to_string(limits.codings) +
               " is the limit; the body is shown as received");
    result.octets = body;
    result.whole = false;
    return result;
  }
  bool outermost = true;
  for (; left > 0; --left) {
    const std::string& coding = codings[left - 1];
    const std::string_view input = outermost ? body : std::string_view{result.octets};
    std::optional<Stage> stage = undo(coding, input, limits.output);
    if (!stage) {
      remark(Errc::unsupported, 0, "content coding \"" + coding + "\" is not known");
      if (outermost) result.octets = body;
      result.whole = false;
      break;
    }
    const std::uint64_t offset = outermost ? stage->consumed : body.size();
    if (stage->trouble) {
      result.whole = false;
      if (stage->octets.empty() && stage->trouble->first == Errc::malformed) {
        remark(Errc::malformed, outermost ? 0 : offset,
               "the body is not in the content coding \"" + coding +
                   "\" that its head names; shown as received");
        if (outermost) result.octets = body;
        break;
      }
      remark(stage->trouble->first, offset,
             stage->trouble->second + (left > 1 ? " (inner coding " + coding + ")" : ""));
    } else if (stage->consumed < input.size()) {
      remark(Errc::malformed, offset,
             std::to_string(input.size() - stage->consumed) + " octets after the end of the " +
                 coding + " data");
    }
    result.octets = std::move(stage->octets);
    outermost = false;
  }
  result.ratio = static_cast<double>(result.octets.size()) / static_cast<double>(body.size());
  for (Diagnostic& diagnostic : result.diagnostics) {
    if (diagnostic.code == Errc::too_large && !outermost) {
      diagnostic.text +=
          ", " + std::to_string(static_cast<std::uint64_t>(result.ratio)) + " times what was sent";
    }
  }
  return result;
}

model::HeaderList without_coding(const model::HeaderList& head, bool cut) {
  const std::string& raw = head.raw();
  std::string out;
  out.reserve(raw.size() + kUndoneField.size());
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t end = std::min(raw.find('\n', at), raw.size() - 1) + 1;
    const std::string_view line = std::string_view{raw}.substr(at, end - at);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos &&
        equals_ignoring_case(trimmed(line.substr(0, colon)), kCodingField)) {
      const std::size_t text_end = std::min(line.find_first_of("\r\n"), line.size());
      out += kUndoneField;
      out += line.substr(colon, text_end - colon);
      if (cut) out += kCutMark;
      out += line.substr(text_end);
    } else {
      out += line;
    }
    at = end;
  }
  return model::HeaderList{std::move(out)};
}

std::optional<bool> undone_coding_whole(const model::HeaderList& head) {
  const auto undone = head.find(kUndoneField);
  if (!undone) return std::nullopt;
  return !undone->ends_with(kCutMark);
}

}  // namespace eastap::http
