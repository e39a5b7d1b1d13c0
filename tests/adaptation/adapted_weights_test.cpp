#include "adaptation/adapted_weights.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "model/model_card.hpp"
#include "model/registry.hpp"
#include "support/break_off.hpp"
#include "support/mix_library.hpp"
#include "support/refusal.hpp"

namespace segue {
namespace {

namespace fs = std::filesystem;

class AdaptedWeights : public testing::Test {
 protected:
  AdaptedWeights() {
    set_verbosity(Verbosity::quiet);
    for (const char* name : {"one", "two", "three"}) music_.add(name, 40);
  }
  void TearDown() override { clear_interrupt(); }

  fs::path adapted(const std::vector<LibraryTrack>& tracks) {
    return adapted_weights({"autoencoder", 1, "segue mix --adapt"}, music_.library(), tracks);
  }

  test::MixLibrary music_;
};

TEST_F(AdaptedWeights, AreLearntOnceForASetOfTracksInWhateverOrder) {
  const fs::path weights = adapted(music_.tracks());
  EXPECT_EQ(weights.parent_path().parent_path(), music_.library().folder() / "adapted");
  EXPECT_FALSE(fs::exists(weights.parent_path() / "checkpoint.safetensors"));
  const ModelCard card = ModelCard::read(card_path(weights));
  EXPECT_EQ(card.from->name, "autoencoder");
  EXPECT_TRUE(card.knows(test::track_id("one")));
  const auto written = fs::last_write_time(weights);
  std::reverse(music_.tracks().begin(), music_.tracks().end());
  EXPECT_EQ(adapted(music_.tracks()), weights);
  EXPECT_EQ(fs::last_write_time(weights), written);
  music_.tracks().pop_back();
  EXPECT_NE(adapted(music_.tracks()), weights) << "other music";
}

TEST_F(AdaptedWeights, GoOnWhereTheyWereBrokenOff) {
  const std::vector<LibraryTrack> tracks = music_.tracks();
  const std::string whole = test::read_bytes(adapted(tracks));
  const fs::path folder = adapted(tracks).parent_path();
  fs::remove_all(folder);
  test::break_off([&] { adapted(tracks); }, folder / "checkpoint.safetensors");
  EXPECT_FALSE(fs::exists(folder / "autoencoder-adapted.card.json"));
  EXPECT_EQ(test::read_bytes(adapted(tracks)), whole);
}

TEST_F(AdaptedWeights, BrokenOffTheyBeginAgainWhenTheMusicIsTaggedOtherwise) {
  std::vector<LibraryTrack> tracks = music_.tracks();
  const fs::path folder = adapted(tracks).parent_path();
  fs::remove_all(folder);
  test::break_off([&] { adapted(tracks); }, folder / "checkpoint.safetensors");
  tracks.front().record.tags.genre = "polka";
  EXPECT_EQ(adapted(tracks).parent_path(), folder);
  fs::remove_all(folder);
  fs::create_directories(folder);
  test::write_bytes(folder / "checkpoint.safetensors", "damaged");
  EXPECT_EQ(adapted(tracks).parent_path(), folder);
}

TEST_F(AdaptedWeights, TooLittleMusicLeavesTheModelAsItIs) {
  music_.tracks().resize(1);
  music_.add("short", 5);
  EXPECT_EQ(adapted(music_.tracks()), find_weights("autoencoder"));
  EXPECT_FALSE(fs::exists(music_.library().folder() / "adapted"));
}

TEST_F(AdaptedWeights, WhatLearnsNothingIsRefused) {
  for (const char* name : {"random", "edge"})
    test::refusal([&] { require_adaptable(name); }, ErrorKind::usage);
  test::refusal([] { require_adaptable("none"); }, ErrorKind::model);
  EXPECT_NO_THROW(require_adaptable("bundled"));
}

}  // namespace
}  // namespace segue
