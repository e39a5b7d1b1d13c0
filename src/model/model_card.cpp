#include "model/model_card.hpp"

#include <algorithm>
#include <fstream>

#include "base/committed_file.hpp"
#include "base/error.hpp"

namespace segue {

using Json = nlohmann::json;

bool ModelCard::knows(const TrackId& track) const {
  return std::any_of(tracks.begin(), tracks.end(), [&](auto& known) { return known.id == track; });
}

bool ModelCard::knows_any(std::span<const TrackId> ids) const {
  return std::any_of(ids.begin(), ids.end(), [&](auto& id) { return knows(id); });
}

std::filesystem::path card_path(const std::filesystem::path& weights) {
  std::filesystem::path card = weights;
  return card.replace_extension(".card.json");
}

ModelCard ModelCard::read(const std::filesystem::path& file) {
  const auto damaged = [&] {
    return Error(ErrorKind::model, "is not a sound model card", file,
                 "train again, or choose another model with --model");
  };
  std::error_code code;
  std::ifstream in(file);
  if (!in || std::filesystem::is_directory(file, code)) {
    throw Error(ErrorKind::model, "is missing; weights need their card beside them", file,
                "train again, or choose another model with --model");
  }
  const Json json = Json::parse(in, nullptr, false);
  if (!json.is_object()) throw damaged();
  try {
    if (json.at("card_version").get<int>() > version) {
      throw Error(ErrorKind::model, "was written by a newer segue", file, "update segue");
    }
    ModelCard card;
    card.name = json.at("name").get<std::string>();
    card.system = json.at("system").get<std::string>();
    card.command = json.at("command").get<std::string>();
    card.segue_version = json.at("segue_version").get<std::string>();
    const auto weights = ContentHash::from_hex(json.at("weights").get<std::string>());
    if (!weights) throw damaged();
    card.weights = *weights;
    card.recipe = json.at("recipe");
    card.metrics = json.at("metrics");
    card.segmentation = json.at("segmentation").get<std::string>();
    if (json.contains("from")) {
      const auto base = ContentHash::from_hex(json["from"].at("weights").get<std::string>());
      if (!base) throw damaged();
      card.from = CardOrigin{json["from"].at("name").get<std::string>(), *base};
    }
    for (const Json& entry : json.at("tracks")) {
      const auto id = ContentHash::from_hex(entry.at("id").get<std::string>());
      if (!id) throw damaged();
      card.tracks.push_back({*id, entry.at("name").get<std::string>(),
                             entry.at("side").get<std::string>(), entry.value("licence", "")});
    }
    return card;
  } catch (const Json::exception&) {
    throw damaged();
  }
}

void ModelCard::write(const std::filesystem::path& file) const {
  Json json = {{"card_version", version},
               {"name", name},
               {"system", system},
               {"command", command},
               {"segue_version", segue_version},
               {"weights", weights.hex()},
               {"recipe", recipe},
               {"metrics", metrics},
               {"segmentation", segmentation},
               {"tracks", Json::array()}};
  if (from) json["from"] = {{"name", from->name}, {"weights", from->weights.hex()}};
  for (const CardTrack& track : tracks) {
    json["tracks"].push_back({{"id", track.id.hex()},
                              {"name", track.name},
                              {"side", track.side},
                              {"licence", track.licence}});
  }
  write_text_file(file, json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace segue
