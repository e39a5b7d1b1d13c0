#include "model_torch/settings.hpp"

#include "base/error.hpp"

namespace segue {
namespace {

Error unsound(const char* name) {
  return Error(ErrorKind::model, std::string("the card has no sound '") + name + "'", {},
               "train again, or choose another model with --model");
}

}  // namespace

std::int64_t whole_setting(const nlohmann::json& settings, const char* name, std::int64_t low,
                           std::int64_t high) {
  if (!settings.is_object()) throw unsound(name);
  const auto found = settings.find(name);
  if (found == settings.end() || !found->is_number_integer() || found->get<std::int64_t>() < low ||
      found->get<std::int64_t>() > high) {
    throw unsound(name);
  }
  return found->get<std::int64_t>();
}

std::string text_setting(const nlohmann::json& settings, const char* name) {
  if (!settings.is_object()) throw unsound(name);
  const auto found = settings.find(name);
  if (found == settings.end() || !found->is_string()) throw unsound(name);
  return found->get<std::string>();
}

double dropout_setting(const nlohmann::json& settings) {
  const auto found = settings.find("dropout");
  if (found == settings.end() || !found->is_number()) return 0;
  const double share = found->get<double>();
  return share >= 0 && share <= 0.9 ? share : 0;
}

}  // namespace segue
