#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <steady/durable_map.hpp>
#include <steady/redis_publisher.hpp>

#include "cli/follow.hpp"
#include "cli/serve_redis.hpp"

namespace steady::cli {

namespace {

redis_publisher_options publisher_options(const serve_options& options) {
  redis_publisher_options how;
  if (!options.redis_password_path.empty()) {
    how.password = read_line(options.redis_password_path, "the password of Redis");
  }
  return how;
}

template <class Map>
class published final : public redis_output {
 public:
  published(Map& map, const serve_options& options)
      : publisher_(map, options.redis_address, options.stream, publisher_options(options)),
        where_(options.redis_address) {}

  void poll() override {
    if (publisher_.poll() != publisher_state::refused) return;
    throw std::runtime_error(fmt::format("{}: {}", where_, publisher_.trouble()));
  }
  bool has_all() const override {
    return publisher_.has_written_all() && publisher_.snapshot_position() &&
           !publisher_.is_saving();
  }
  std::string take_trouble() override {
    if (publisher_.state() == publisher_state::publishing) told_.clear();
    if (publisher_.state() != publisher_state::waiting || publisher_.trouble() == told_) return "";
    told_ = publisher_.trouble();
    return fmt::format("{}: {}; trying again", where_, told_);
  }

 private:
  redis_publisher<Map> publisher_;
  std::string where_;
  std::string told_;
};

}  // namespace

template <class T>
std::unique_ptr<redis_output> make_redis_output(durable_map<std::string, T>& map,
                                                const serve_options& options) {
  return std::make_unique<published<durable_map<std::string, T>>>(map, options);
}
template std::unique_ptr<redis_output> make_redis_output(durable_map<std::string, std::string>&,
                                                         const serve_options&);
template std::unique_ptr<redis_output> make_redis_output(durable_map<std::string, std::uint64_t>&,
                                                         const serve_options&);

}  // namespace steady::cli
