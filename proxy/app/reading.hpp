#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "decoder/base/time.hpp"
#include "proxy/app/view.hpp"
#include "proxy/capture/reader.hpp"
#include "proxy/pipeline/pipeline.hpp"

/// What the subcommands that read a capture share.
namespace eastap::app {

/// When an input entered the pipeline, by the capture's own times.
[[nodiscard]] Timestamp time_of(const pipeline::Input& input);

/// SQLite wants a file that has a name and can be read at any place: standard input ("-") is put
/// into a temporary one, mode 0600. Throws config::ConfigError.
class InputFile {
 public:
  explicit InputFile(const std::string& file);
  ~InputFile() { opened(); }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  /// A message about `path()`; the temporary file is called what the user knows.
  [[nodiscard]] std::string spoken(std::string message) const;
  /// Whoever reads it has it open: the temporary file loses its name, so that nothing is left
  /// behind however this ends.
  void opened();

 private:
  void spool();
  std::string path_;
  const bool standard_;
  bool temporary_ = false;
};

/// A bar on stderr while a long capture is read.
class Progress {
 public:
  Progress(std::uint64_t total, bool shown);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void step();

 private:
  std::uint64_t total_, done_ = 0;
  bool shown_, drawn_ = false;
};

/// Gives inputs to a view, and lets it begin anew where another run of eastap went on writing
/// the capture: as that one did, so that both tell the same.
class RunByRun {
 public:
  /// `before_next`: called at the end of a run that another follows, with everything told.
  RunByRun(const capture::Reader& reader, View& view, std::function<void()> before_next = {})
      : reader_{reader}, view_{view}, before_next_{std::move(before_next)} {}

  /// The input that the reader has just given.
  void take(pipeline::Input&& input);
  /// The capture is at its end.
  void finish();
  /// Index in CaptureFacts::runs of the run that the latest input is of.
  [[nodiscard]] std::size_t run() const { return run_; }

 private:
  [[nodiscard]] Timestamp end_of_run() const;
  const capture::Reader& reader_;
  View& view_;
  std::function<void()> before_next_;
  std::size_t run_ = 0;  ///< index in CaptureFacts::runs
  bool begun_ = false;   ///< it gave an input
  Timestamp last_{};
};

}  // namespace eastap::app
