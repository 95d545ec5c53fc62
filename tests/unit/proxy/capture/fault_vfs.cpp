#include "fault_vfs.hpp"

#include <cstring>
#include <limits>
#include <new>

#include <sqlite3.h>

namespace eastap::capture::test {
namespace {

struct State {
  std::atomic<std::int64_t> operations{0};
  std::atomic<std::int64_t> fail_at{-1};
  std::atomic<bool> lasting{false};
  std::atomic<bool> failed{false};
  std::atomic<std::int64_t> room{-1};
  std::atomic<int> open_files{0};
};
State state;  // SQLite's callbacks know no other way to it

bool fails() {
  const auto number = state.operations++;
  const auto at = state.fail_at.load();
  const bool failing = at >= 0 && (number == at || (state.lasting && number > at));
  if (failing) state.failed = true;
  return failing;
}

struct FaultFile {
  sqlite3_file base;
  [[nodiscard]] sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<FaultFile*>(file)->real(); }
/// Takes what the file would grow by from the room on the disk.
bool has_room(sqlite3_file* file, sqlite3_int64 end) {
  sqlite3_int64 size = 0;
  if (state.room < 0 || real(file)->pMethods->xFileSize(real(file), &size) != SQLITE_OK ||
      end <= size) {
    return true;
  }
  if (state.room < end - size) {
    state.failed = true;
    return false;
  }
  state.room -= end - size;
  return true;
}

sqlite3_vfs* below(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

const sqlite3_io_methods kMethods{
    3,
    [](sqlite3_file* file) {
      --state.open_files;
      return real(file)->pMethods->xClose(real(file));
    },
    [](sqlite3_file* file, void* into, int size, sqlite3_int64 at) {
      if (fails()) return SQLITE_IOERR_READ;
      return real(file)->pMethods->xRead(real(file), into, size, at);
    },
    [](sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
      if (fails()) return SQLITE_IOERR_WRITE;
      if (!has_room(file, at + size)) return SQLITE_FULL;
      return real(file)->pMethods->xWrite(real(file), from, size, at);
    },
    [](sqlite3_file* file, sqlite3_int64 size) {
      if (fails()) return SQLITE_IOERR_TRUNCATE;
      return real(file)->pMethods->xTruncate(real(file), size);
    },
    [](sqlite3_file* file, int flags) {
      if (fails()) return SQLITE_IOERR_FSYNC;
      return real(file)->pMethods->xSync(real(file), flags);
    },
    [](sqlite3_file* file, sqlite3_int64* size) {
      if (fails()) return SQLITE_IOERR_FSTAT;
      return real(file)->pMethods->xFileSize(real(file), size);
    },
    [](sqlite3_file* file, int lock) {
      if (fails()) return SQLITE_IOERR_LOCK;
      return real(file)->pMethods->xLock(real(file), lock);
    },
    [](sqlite3_file* file, int lock) { return real(file)->pMethods->xUnlock(real(file), lock); },
    [](sqlite3_file* file, int* reserved) {
      if (fails()) return SQLITE_IOERR_CHECKRESERVEDLOCK;
      return real(file)->pMethods->xCheckReservedLock(real(file), reserved);
    },
    [](sqlite3_file* file, int what, void* argument) {
      return real(file)->pMethods->xFileControl(real(file), what, argument);
    },
    [](sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); },
    [](sqlite3_file* file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); },
    [](sqlite3_file* file, int page, int size, int extend, void volatile** into) {
      if (fails()) return SQLITE_IOERR_SHMMAP;
      return real(file)->pMethods->xShmMap(real(file), page, size, extend, into);
    },
    [](sqlite3_file* file, int offset, int count, int flags) {
      // Letting go of a lock cannot fail; taking one can.
      if ((flags & SQLITE_SHM_LOCK) != 0 && fails()) return SQLITE_IOERR_SHMLOCK;
      return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
    },
    [](sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); },
    [](sqlite3_file* file, int remove) {
      return real(file)->pMethods->xShmUnmap(real(file), remove);
    },
    [](sqlite3_file* file, sqlite3_int64 at, int size, void** into) {
      return real(file)->pMethods->xFetch(real(file), at, size, into);
    },
    [](sqlite3_file* file, sqlite3_int64 at, void* page) {
      return real(file)->pMethods->xUnfetch(real(file), at, page);
    },
};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  if (fails()) return SQLITE_CANTOPEN;
  const int code = below(vfs)->xOpen(below(vfs), name, real(file), flags, out_flags);
  if (real(file)->pMethods != nullptr) {
    file->pMethods = &kMethods;
    ++state.open_files;
  }
  return code;
}

sqlite3_vfs made_vfs() {
  sqlite3_vfs* under = sqlite3_vfs_find(nullptr);
  sqlite3_vfs vfs = *under;
  vfs.pNext = nullptr;
  vfs.zName = "eastap-fault";
  vfs.pAppData = under;
  vfs.szOsFile = static_cast<int>(sizeof(FaultFile)) + under->szOsFile;
  vfs.xOpen = open_file;
  vfs.xDelete = [](sqlite3_vfs* self, const char* name, int sync) {
    if (fails()) return SQLITE_IOERR_DELETE;
    return below(self)->xDelete(below(self), name, sync);
  };
  vfs.xAccess = [](sqlite3_vfs* self, const char* name, int flags, int* result) {
    if (fails()) return SQLITE_IOERR_ACCESS;
    return below(self)->xAccess(below(self), name, flags, result);
  };
  vfs.xFullPathname = [](sqlite3_vfs* self, const char* name, int size, char* into) {
    return below(self)->xFullPathname(below(self), name, size, into);
  };
  vfs.xDlOpen = nullptr;
  vfs.xDlError = nullptr;
  vfs.xDlSym = nullptr;
  vfs.xDlClose = nullptr;
  vfs.xRandomness = [](sqlite3_vfs* self, int size, char* into) {
    return below(self)->xRandomness(below(self), size, into);
  };
  vfs.xSleep = [](sqlite3_vfs* self, int microseconds) {
    return below(self)->xSleep(below(self), microseconds);
  };
  vfs.xCurrentTimeInt64 = [](sqlite3_vfs* self, sqlite3_int64* now) {
    return below(self)->xCurrentTimeInt64(below(self), now);
  };
  vfs.xGetLastError = nullptr;
  vfs.iVersion = 2;
  return vfs;
}

sqlite3_vfs& registered() {
  static sqlite3_vfs vfs = made_vfs();
  return vfs;
}

}  // namespace

FaultVfs::FaultVfs() {
  heal();
  state.operations = 0;
  sqlite3_vfs_register(&registered(), 0);
}

FaultVfs::~FaultVfs() { sqlite3_vfs_unregister(&registered()); }

void FaultVfs::fail_at(std::int64_t number, bool lasting) {
  state.operations = 0;
  state.failed = false;
  state.lasting = lasting;
  state.fail_at = number;
}

void FaultVfs::set_room(std::int64_t octets) { state.room = octets; }

void FaultVfs::heal() {
  state.fail_at = -1;
  state.room = -1;
  state.failed = false;
}

std::int64_t FaultVfs::operations() const { return state.operations; }
bool FaultVfs::has_failed() const { return state.failed; }
int FaultVfs::open_files() const { return state.open_files; }

}  // namespace eastap::capture::test
