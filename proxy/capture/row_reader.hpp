#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "decoder/base/result.hpp"
#include "proxy/capture/reader.hpp"
#include "proxy/capture/sqlite.hpp"
#include "proxy/pipeline/record.hpp"

namespace eastap::capture {

/// Turns rows back into values. Every type, sign and size in a row is checked: the file may come
/// from anyone.
class RowReader {
 public:
  enum class What : std::uint8_t { opening = 0, end = 1, event = 2 };

  explicit RowReader(const ReaderSettings& settings) : settings_{settings} {}

  [[nodiscard]] int attach(sqlite3* database);
  void detach();
  void forget_file();

  [[nodiscard]] Result<pipeline::Input> read(What what, std::int64_t row);

 private:
  using MessagePtr = std::shared_ptr<const model::Message>;
  using ConnectionPtr = std::shared_ptr<const model::Connection>;
  class Row;

  Result<pipeline::Input> read_exchange(What what, std::int64_t id);
  Result<pipeline::Input> read_event(std::int64_t sequence);
  ConnectionPtr connection(std::int64_t row, std::string& problem);
  MessagePtr request_of(std::int64_t id, What what, std::string& problem);
  MessagePtr changed_request(std::int64_t id, std::string& problem);
  MessagePtr message(Row& row, int first_fact, int head, int body);
  void remember(std::int64_t id, const MessagePtr& request);

  ReaderSettings settings_;
  sqlite3* database_ = nullptr;
  Statement exchange_, changed_request_, connection_, event_;

  std::unordered_map<std::int64_t, ConnectionPtr> connections_;
  std::unordered_map<std::int64_t, MessagePtr> requests_;  ///< of opened exchanges
  std::deque<std::int64_t> request_order_;
  std::size_t request_octets_ = 0;
};

}  // namespace eastap::capture
