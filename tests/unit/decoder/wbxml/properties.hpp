#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "decoder/wbxml/decode.hpp"
#include "decoder/wbxml/encode.hpp"

/// What holds of every document, whatever the body: for unit tests and fuzzers.
namespace eastap::wbxml::properties {

inline Document decoded(std::string body, const Limits& limits = {}) {
  return decode(std::make_shared<const std::string>(std::move(body)), limits);
}

/// "" when both trees are the same: tags, levels, kinds and values; else where they differ.
inline std::string difference(const Document& left, const Document& right) {
  if (left.nodes.size() != right.nodes.size()) {
    return std::to_string(left.nodes.size()) + " and " + std::to_string(right.nodes.size()) +
           " nodes";
  }
  for (std::uint32_t i = 0; i < left.nodes.size(); ++i) {
    const Node& a = left.nodes[i];
    const Node& b = right.nodes[i];
    const bool same_value = a.value_kind == ValueKind::entity
                                ? a.value_size == b.value_size
                                : Element{left, i}.value() == Element{right, i}.value();
    if (a.tag != b.tag || a.depth != b.depth || a.end != b.end || a.value_kind != b.value_kind ||
        !same_value || Element{left, i}.name() != Element{right, i}.name()) {
      return "node " + std::to_string(i);
    }
  }
  return {};
}

/// "" when the document keeps every promise of its header; else which one it breaks.
inline std::string violation(const Document& document, const Limits& limits = {}) {
  const std::uint64_t size = document.body->size();
  const auto count = static_cast<std::uint32_t>(document.nodes.size());
  if (document.decoded_octets > size) return "decoded_octets beyond the body";
  if (document.complete && document.decoded_octets != size) return "complete, but not to the end";
  if (!document.complete && document.diagnostics.empty()) return "not complete, and no word of why";
  if (document.diagnostics.size() > limits.diagnostics + 12U) return "too many diagnostics";
  for (const Diagnostic& diagnostic : document.diagnostics) {
    if (diagnostic.offset > size) return "a diagnostic's offset beyond the body";
    if (diagnostic.text.empty()) return "a diagnostic without words";
  }
  if (count > limits.nodes) return "more nodes than the limit";
  if (document.complete && count == 0) return "complete without a root";
  if (count != 0 && (document.nodes[0].end != count || document.nodes[0].depth != 1 ||
                     document.nodes[0].tag.token == Node::kPiece)) {
    return "the root does not hold everything";
  }
  std::vector<std::uint32_t> open;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Node& node = document.nodes[i];
    while (!open.empty() && document.nodes[open.back()].end <= i) open.pop_back();
    const bool piece = node.tag.token == Node::kPiece;
    if (node.depth != open.size() + 1) return "a level that is not the parent's plus one";
    if (node.depth > limits.depth + (piece ? 1 : 0)) return "deeper than the limit";
    if (node.end <= i || (!open.empty() && node.end > document.nodes[open.back()].end)) {
      return "subtrees that do not nest";
    }
    if (piece && node.end != i + 1) return "a piece with children";
    if (piece == (node.value_kind == ValueKind::none)) {
      if (piece) return "a piece without a value";
    }
    if (!piece && node.value_kind != ValueKind::none && node.end != i + 1) {
      return "an own value beside other content";
    }
    if (!piece &&
        (node.value_kind == ValueKind::entity || node.value_kind == ValueKind::extension)) {
      return "an entity or extension as an own value";
    }
    if (node.offset >= size || (i > 0 && node.offset <= document.nodes[i - 1].offset)) {
      return "offsets that do not ascend inside the body";
    }
    if (node.value_kind != ValueKind::none && node.value_kind != ValueKind::entity &&
        std::uint64_t{node.value_offset} + node.value_size > size) {
      return "a value beyond the body";
    }
    if (!node.closed && document.complete) return "open, but complete";
    open.push_back(i);
  }
  if (count == 0) return {};
  const auto again = encode(document);
  if (!again) return "a tree that cannot be encoded";
  const Document second = decoded(*again, limits);
  if (!second.complete) return "re-encoded, but not complete";
  const std::string differs = difference(document, second);
  return differs.empty() ? differs : "re-encoded, but different at " + differs;
}

}  // namespace eastap::wbxml::properties
