#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace eastap::capture::test {

/// A file layer over SQLite's own whose operations fail when told. One at a time is registered.
class FaultVfs {
 public:
  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  [[nodiscard]] std::string name() const { return "eastap-fault"; }

  /// The operation with that number (from 0) fails with an I/O error; with `lasting` all later ones
  /// too.
  void fail_at(std::int64_t number, bool lasting);
  /// Octets by which files may still grow before the disk is full; -1: without end.
  void set_room(std::int64_t octets);
  void heal();
  [[nodiscard]] std::int64_t operations() const;
  [[nodiscard]] bool has_failed() const;
  /// Files of this layer that are open now.
  [[nodiscard]] int open_files() const;
};

}  // namespace eastap::capture::test
