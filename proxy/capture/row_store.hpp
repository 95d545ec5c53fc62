#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "proxy/capture/sqlite.hpp"
#include "proxy/pipeline/record.hpp"

namespace eastap::capture {

/// A record with its place in the order of all inputs (findings have the place of none).
struct Queued {
  pipeline::RecordPtr record;
  std::uint64_t sequence = 0;
  std::size_t cost = 0;  ///< octets of memory, about
};

struct StoreCounts {
  std::uint64_t inputs = 0;
  std::uint64_t lost = 0;         ///< the row is impossible: its number is taken
  std::uint64_t bodies_lost = 0;  ///< larger than SQLite takes: stored with heads only
};

/// Turns records into rows. Knows what the file has already, so that each fact is written once.
class RowStore {
 public:
  /// Prepares the statements; result codes are SQLite's. What is known of the file's content stays.
  [[nodiscard]] int attach(sqlite3* database, std::uint64_t session);
  /// Before the database is closed.
  void detach();
  /// The file was begun anew: nothing is in it.
  void forget_file();

  /// One transaction: all of `batch` or nothing of it, and then `counts` is untouched. A request
  /// whose exchange ends in the same batch becomes one row at once.
  [[nodiscard]] int store(std::span<const Queued> batch, StoreCounts& counts);

  /// Why the last `store` failed; its clean-up has overwritten what the database says.
  [[nodiscard]] const SqlFailure& failure() const { return failure_; }

  /// Within the caller's transaction.
  [[nodiscard]] int put_command(ExchangeId exchange, const eas::Command& command);
  [[nodiscard]] int put_finding(const findings::Finding& finding);

 private:
  struct KnownConnection {
    std::shared_ptr<const model::Connection> facts;
    std::int64_t row = 0;
  };
  struct Opened {
    std::weak_ptr<const model::Message> request;
    std::int64_t connection_row = 0;
  };

  int prepare();
  int fail(int code);
  int store_rows(std::span<const Queued> batch, StoreCounts& counts);
  void pair_up(std::span<const Queued> batch);
  int put_exchange(const model::Exchange* open, std::uint64_t open_sequence,
                   const model::Exchange* end, std::uint64_t end_sequence, StoreCounts& counts);
  int insert_exchange(const model::Exchange* open, std::uint64_t open_sequence,
                      const model::Exchange* end, std::uint64_t end_sequence, bool heads_only);
  int update_exchange(const model::Exchange& end, std::uint64_t end_sequence, bool heads_only);
  int put_end(const model::Exchange& end, std::uint64_t sequence, StoreCounts& counts);
  int put_changed_request(const model::Exchange& end, const model::Message* stored);
  int put_event(const model::ConnectionEvent& event, std::uint64_t sequence);
  int connection_row(const std::shared_ptr<const model::Connection>& connection, std::int64_t& row);
  void bind_response(int first_fact, int head, int body, const model::Message* response,
                     bool heads_only);
  void forget_uncommitted();

  sqlite3* database_ = nullptr;
  std::uint64_t session_ = 0;
  SqlFailure failure_;
  Statement begin_, commit_, rollback_;
  Statement insert_exchange_, update_exchange_, insert_connection_, insert_event_,
      insert_changed_request_, insert_command_, insert_finding_;

  std::unordered_map<std::uint64_t, KnownConnection> connections_;
  std::unordered_map<std::uint64_t, Opened> opened_;  ///< in the file, not ended

  // Of the batch at hand.
  std::unordered_map<std::uint64_t, std::size_t> opened_in_batch_;  ///< exchange → index
  std::vector<std::size_t> partner_;  ///< index of the other hand-over + 1; 0: none
  std::vector<std::uint64_t> new_connections_, new_opened_, new_ended_;
};

}  // namespace eastap::capture
