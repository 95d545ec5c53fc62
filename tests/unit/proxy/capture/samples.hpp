#pragma once

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "proxy/capture/reader.hpp"
#include "proxy/capture/writer.hpp"
#include "proxy/pipeline/record.hpp"

namespace eastap::capture::test {

/// A folder of its own, removed at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const {
    return path_ / name;
  }
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  std::filesystem::path path_;
};

std::shared_ptr<const model::Connection> connection(std::uint64_t id);
model::Exchange opened(std::uint64_t id, const std::shared_ptr<const model::Connection>& on,
                       std::string body = "\x03\x01\x6A");
model::Exchange ended(const model::Exchange& open, std::string body = "\x03\x01\x6A");
model::ConnectionEvent event(const std::shared_ptr<const model::Connection>& on);

pipeline::RecordPtr record(model::Exchange exchange);
pipeline::RecordPtr record(model::ConnectionEvent event);
pipeline::RecordPtr record(const pipeline::Input& input);
pipeline::RecordPtr finding(std::uint64_t id);

/// Inputs as connections give them: opened, ended in any order, cut, with events between.
std::vector<pipeline::Input> random_inputs(std::mt19937_64& random, std::size_t exchanges,
                                           std::uint64_t first_id = 1);

/// Whether both say the same, every field of every value behind it included.
bool same(const pipeline::Input& left, const pipeline::Input& right);

ReaderSettings following();
WriterSettings quick();  ///< commits every 5 ms, tries again every 20 ms

struct Contents {
  std::vector<pipeline::Input> inputs;
  std::vector<Error> errors;
};
Contents contents(const std::filesystem::path& path, ReaderSettings settings = {});

/// Runs SQL on a file, as a person with sqlite3 would. One column's values joined with '|'.
std::string sql(const std::filesystem::path& path, const std::string& statement);

}  // namespace eastap::capture::test
