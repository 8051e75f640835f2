// or_null: in JSON, what is not known is null.
#pragma once

#include <optional>

#include <nlohmann/json.hpp>

namespace steady::cli {

template <class T>
nlohmann::json or_null(const std::optional<T>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json();
}

template <class T>
nlohmann::json or_null(bool known, const T& value) {
  return known ? nlohmann::json(value) : nlohmann::json();
}

}  // namespace steady::cli
