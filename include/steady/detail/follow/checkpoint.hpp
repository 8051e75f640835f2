// A follower's content as a file, so that it goes on from there in another process: the format of a
// snapshot (docs/formats.md).
//
//   Steps   FILE.partial is written, synced and renamed, or removed where that fails; a file that
//           was there stays until then.
//   Bound   O(size); memory: a MiB, and the longest frame.
//   Throws  durable_error; what the container and the codecs throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <steady/detail/base/config.hpp>
#include <steady/detail/durable/room.hpp>
#include <steady/detail/follow/tail_reader.hpp>
#include <steady/records.hpp>

namespace steady::detail {

// Frames, a MiB at a time.
class checkpoint_file {
 public:
  checkpoint_file(file_operations& files, const std::string& path)
      : files_(&files), final_(path), path_(path + ".partial") {
    const int number =
        uninterrupted([&] { return files.open(path_.c_str(), file_mode::create_empty); });
    if (number < 0) throw_system("make", path_, number);
    file_ = file_handle(files, number);
  }
  ~checkpoint_file() {
    if (is_complete_) return;
    file_.close();
    uninterrupted([&] { return files_->remove(path_.c_str()); });
  }
  checkpoint_file(const checkpoint_file&) = delete;
  checkpoint_file& operator=(const checkpoint_file&) = delete;

  byte_buffer& buffer() noexcept { return buffer_; }
  void write_if_full() {
    if (buffer_.size() >= (std::size_t{1} << 20)) write();
  }
  void complete() {
    write();
    const int done = uninterrupted([&] { return files_->sync(file_.number()); });
    if (done < 0) throw_system("sync", path_, done);
    file_.close();
    const int renamed =
        uninterrupted([&] { return files_->rename(path_.c_str(), final_.c_str()); });
    if (renamed < 0) throw_system("rename", path_, renamed);
    is_complete_ = true;
  }

 private:
  void write() {
    const int done = write_all(*files_, file_.number(), buffer_.data(), buffer_.size(), size_);
    if (done < 0) throw_system("write", path_, done);
    size_ += buffer_.size();
    buffer_.clear();
  }

  file_operations* files_;
  std::string final_;
  std::string path_;
  file_handle file_;
  byte_buffer buffer_;
  std::uint64_t size_ = 0;
  bool is_complete_ = false;
};

// Without content there is nothing to save; false then.
template <class Replica>
bool save_checkpoint(file_operations& files, const std::string& path, const Replica& from) {
  if (!from.has_content()) return false;
  checkpoint_file out(files, path);
  using records = typename Replica::records;
  records::append_header(out.buffer(), from.feed(), from.position(), from.content().size());
  for (const auto& element : from.content()) {
    records::append(out.buffer(), element);
    out.write_if_full();
  }
  append_end(out.buffer(), from.content().size());
  out.complete();
  return true;
}

template <class Replica>
void load_records(tail_reader& reader, const std::string& path, Replica& into) {
  std::span<const unsigned char> payload;
  do {
    const std::uint64_t at = reader.offset();
    const char* why = "no whole record there";
    if (reader.next(payload) == tail_reader::result::frame) {
      const record_tag tag = steady::tag_of(payload);
      const bool is_expected = at == 0 ? tag == record_tag::header
                                       : tag == record_tag::element || tag == record_tag::end;
      if (!is_expected) {
        why = "no record of a checkpoint";
      } else if (tag == record_tag::end && reader.offset() != reader.size()) {
        why = "something behind its end";
      } else {
        why = into.take(payload);
      }
    }
    if (why != nullptr) {
      throw_durable(durable_trouble::damaged,
                    path + " is no checkpoint of this follower: at byte " + std::to_string(at) +
                        ": " + why + "; remove it, and the follower begins with a snapshot",
                    path, at);
    }
  } while (into.is_loading());
}

// False where there is no such file. Where it throws, nothing is loaded, unless it was a visitor.
template <class Replica>
bool load_checkpoint(file_operations& files, const std::string& path, Replica& into) {
  const room directory(files, ".");
  tail_reader reader;
  if (!reader.open(directory, path)) return false;
  STEADY_TRY { detail::load_records(reader, path, into); }
  STEADY_CATCH_ALL {
    into.abandon_loading();
    STEADY_RETHROW;
  }
  return true;
}

}  // namespace steady::detail
