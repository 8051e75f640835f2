// A durable map of a type that has a serialize() function of cereal: its codec hands the work to
// cereal. The same is possible with Boost.Serialization, or with any library that makes bytes.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <istream>
#include <random>
#include <sstream>
#include <streambuf>
#include <string>
#include <system_error>
#include <vector>

#include <cereal/archives/portable_binary.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>

#include <steady/durable_map.hpp>

struct order {
  std::string customer;
  std::vector<std::uint32_t> articles;
  double price = 0;

  template <class Archive>
  void serialize(Archive& archive) {
    archive(customer, articles, price);
  }
};

// Bytes with their length in front, so that the codec knows where its value ends. A count that
// cereal reads is not to be believed: it would allocate as much. The length of the whole limits
// nothing inside, but a record has a checksum, so what is read here was written here.
template <>
struct steady::codec<order> {
  static std::string name() { return "order, by cereal, 1"; }  // another number when it changes
  static void write(byte_buffer& out, const order& value) {
    std::ostringstream stream;
    cereal::PortableBinaryOutputArchive(stream, portable())(value);
    codec<std::string>::write(out, stream.str());
  }
  static bool read(byte_reader& in, order& value) {
    std::string bytes;
    if (!codec<std::string>::read(in, bytes)) return false;
    std::istringstream stream(bytes);
    try {
      cereal::PortableBinaryInputArchive archive(stream);
      archive(value);
    } catch (const std::exception&) {
      return false;  // too few bytes, or a length that memory does not have
    }
    return stream.peek() == std::istringstream::traits_type::eof();
  }

 private:
  static cereal::PortableBinaryOutputArchive::Options portable() {
    return cereal::PortableBinaryOutputArchive::Options::LittleEndian();
  }
};

int main() {
  // A directory that no other run has: one map at a time can be open in each.
  const std::string directory =
      (std::filesystem::temp_directory_path() /
       ("steady-example-orders-" + std::to_string(std::random_device()())))
          .string();
  int status = 0;
  try {
    {
      steady::durable_map<std::uint64_t, order> orders(directory);
      orders.insert_or_assign(1, order{"Ada", {17, 4, 4}, 12.5});
      orders.insert_or_assign(2, order{"Charles", {9}, 1.25});
      orders.modify(1, [](order& one) { one.articles.push_back(99); });
    }
    const steady::durable_map<std::uint64_t, order> orders(directory);
    const order& first = orders.at(1);
    std::printf("%zu orders, the first of %s, %zu articles, %.2f\n", orders.size(),
                first.customer.c_str(), first.articles.size(), first.price);
  } catch (const steady::durable_error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    status = 1;
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  return status;
}
