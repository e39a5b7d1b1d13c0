#include "planning/fragment_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/error.hpp"
#include "base/random.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace segue {
namespace {

using Vectors = std::map<std::int64_t, std::vector<float>>;

// Clouds around a few centres, as embeddings of tracks are.
std::vector<float> draw(Random& random, std::size_t dimension) {
  Random centre(random.below(20));
  std::vector<float> vector;
  for (std::size_t i = 0; i < dimension; ++i) {
    const double spread = 10.0 / static_cast<double>(1 + i);
    vector.push_back(static_cast<float>(spread * centre.normal() + 0.3 * spread * random.normal()));
  }
  return vector;
}

void add(FragmentIndex& index, Vectors& vectors, std::int64_t id, const std::vector<float>& vector) {
  index.add(std::span(&id, 1), vector);
  vectors[id] = vector;
}

std::vector<std::int64_t> nearest(const Vectors& vectors, const std::vector<float>& to,
                                  std::size_t count,
                                  const std::function<bool(std::int64_t)>& allowed = {}) {
  std::vector<std::pair<double, std::int64_t>> all;
  for (const auto& [id, vector] : vectors) {
    if (allowed && !allowed(id)) continue;
    double sum = 0;
    for (std::size_t i = 0; i < to.size(); ++i) sum += (to[i] - vector[i]) * (to[i] - vector[i]);
    all.emplace_back(sum, id);
  }
  std::sort(all.begin(), all.end());
  std::vector<std::int64_t> ids;
  for (std::size_t i = 0; i < std::min(count, all.size()); ++i) ids.push_back(all[i].second);
  return ids;
}

std::vector<std::int64_t> ids_of(const std::vector<IndexHit>& hits) {
  std::vector<std::int64_t> ids;
  for (const IndexHit& hit : hits) ids.push_back(hit.id);
  return ids;
}

TEST(FragmentIndex, FindsWhatComparingAllFindsWhileVectorsComeAndGo) {
  Random random(1);
  constexpr std::size_t kDimension = 70;
  FragmentIndex index(kDimension);
  Vectors vectors;
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 700; ++i)
      add(index, vectors, static_cast<std::int64_t>(random.next() >> 1), draw(random, kDimension));
    std::vector<std::int64_t> gone;
    for (const auto& [id, vector] : vectors) {
      if (random.below(4) == 0) gone.push_back(id);
    }
    gone.push_back(-5);  // never was there
    index.remove(gone);
    for (const std::int64_t id : gone) vectors.erase(id);
    ASSERT_EQ(index.size(), vectors.size());
    for (int question = 0; question < 20; ++question) {
      const std::vector<float> to = draw(random, kDimension);
      EXPECT_EQ(ids_of(index.search(to, 64)), nearest(vectors, to, 64));
      const auto odd = [](std::int64_t id) { return id % 2 != 0; };
      EXPECT_EQ(ids_of(index.search(to, 10, odd)), nearest(vectors, to, 10, odd));
    }
  }
}

TEST(FragmentIndex, DistancesAreSquaredAndEqualOnesGoByTheLowerId) {
  FragmentIndex index(2);
  const std::int64_t ids[] = {9, 4, 7};
  const float vectors[] = {3, 4, -3, -4, 1, 0};
  index.add(ids, vectors);
  const float origin[] = {0, 0};
  const auto hits = index.search(origin, 5);
  ASSERT_EQ(ids_of(hits), (std::vector<std::int64_t>{7, 4, 9}));
  EXPECT_FLOAT_EQ(hits[1].distance, 25);
  EXPECT_TRUE(index.contains(4));
  EXPECT_FALSE(index.contains(5));
}

TEST(FragmentIndex, NothingIsFoundInNothing) {
  const FragmentIndex index(3);
  const float zero[] = {0, 0, 0};
  EXPECT_TRUE(index.search(zero, 5).empty());
  EXPECT_EQ(index.size(), 0u);
}

TEST(FragmentIndex, BeyondItsLimitItFindsNearlyAllAndStillForgetsWhatIsRemoved) {
  Random random(2);
  constexpr std::size_t kDimension = 48;
  FragmentIndex index(kDimension, 5000);
  Vectors vectors;
  std::vector<std::int64_t> ids;
  std::vector<float> rows;
  for (std::int64_t id = 0; id < 6000; ++id) {
    ids.push_back(id);
    vectors[id] = draw(random, kDimension);
    rows.insert(rows.end(), vectors[id].begin(), vectors[id].end());
  }
  index.add(ids, rows);
  EXPECT_FALSE(index.exact());
  const auto recall = [&] {
    double found = 0;
    for (int question = 0; question < 50; ++question) {
      const std::vector<float> to = draw(random, kDimension);
      const auto wanted = nearest(vectors, to, 64), got = ids_of(index.search(to, 64));
      for (const std::int64_t id : got) {
        EXPECT_TRUE(vectors.count(id)) << id;
        found += std::count(wanted.begin(), wanted.end(), id) > 0;
      }
    }
    return found / (50 * 64);
  };
  EXPECT_GE(recall(), 0.95);
  std::vector<std::int64_t> gone;
  for (std::int64_t id = 0; id < 6000; id += 8) gone.push_back(id);
  index.remove(gone);
  for (const std::int64_t id : gone) vectors.erase(id);
  for (std::int64_t id = 10000; id < 10300; ++id) add(index, vectors, id, draw(random, kDimension));
  EXPECT_FALSE(index.exact());
  EXPECT_GE(recall(), 0.95);
  const auto few = [](std::int64_t id) { return id >= 10000; };
  for (const std::int64_t id : ids_of(index.search(vectors[1], 30, few))) EXPECT_GE(id, 10000);
  for (std::int64_t id = 10000; id < 10300; ++id) gone.push_back(id);
  index.remove(gone);
  EXPECT_EQ(index.size(), 5250u);
}

TEST(FragmentIndex, ComesBackFromItsFile) {
  const test::TemporaryFolder folder;
  Random random(3);
  FragmentIndex index(40);
  Vectors vectors;
  for (std::int64_t id = 0; id < 1500; ++id) add(index, vectors, id, draw(random, 40));
  index.write(folder / "a.index", "of these weights");
  auto [again, about] = FragmentIndex::read(folder / "a.index");
  EXPECT_EQ(about, "of these weights");
  for (int question = 0; question < 10; ++question) {
    const std::vector<float> to = draw(random, 40);
    EXPECT_EQ(ids_of(again.search(to, 20)), ids_of(index.search(to, 20)));
  }
  add(again, vectors, 5000, draw(random, 40));
  EXPECT_EQ(ids_of(again.search(vectors[5000], 1)), (std::vector<std::int64_t>{5000}));
}

TEST(FragmentIndex, ListsComeBackFromTheirFile) {
  const test::TemporaryFolder folder;
  Random random(4);
  constexpr std::size_t kDimension = 80;
  FragmentIndex index(kDimension);
  Vectors vectors;
  std::vector<std::int64_t> ids;
  std::vector<float> rows;
  for (std::size_t i = 0; i < FragmentIndex::kExact + 500; ++i) {
    ids.push_back(static_cast<std::int64_t>(3 * i));
    vectors[ids.back()] = draw(random, kDimension);
    rows.insert(rows.end(), vectors[ids.back()].begin(), vectors[ids.back()].end());
  }
  index.add(ids, rows);
  ASSERT_FALSE(index.exact());
  index.write(folder / "a", "");
  FragmentIndex again = FragmentIndex::read(folder / "a").first;
  const auto expect_same = [&] {
    for (int question = 0; question < 20; ++question) {
      const std::vector<float> to = draw(random, kDimension);
      EXPECT_EQ(ids_of(again.search(to, 30)), ids_of(index.search(to, 30)));
    }
  };
  expect_same();
  // What comes and goes afterwards does so in both.
  const std::int64_t gone[] = {0, 300, 6000}, fresh = 1;
  const std::vector<float> vector = draw(random, kDimension);
  for (FragmentIndex* one : {&index, &again}) {
    one->remove(gone);
    one->add(std::span(&fresh, 1), vector);
    EXPECT_EQ(ids_of(one->search(vector, 1)), (std::vector<std::int64_t>{1}));
  }
  expect_same();
  // A list that is not there.
  const std::string bytes = test::read_bytes(folder / "a");
  for (int round = 0; round < 30; ++round) {
    std::string damaged = bytes;
    for (int i = 0; i < 20; ++i)
      damaged[random.below(damaged.size())] = static_cast<char>(random.next());
    test::write_bytes(folder / "b", damaged);
    try {
      FragmentIndex::read(folder / "b").first.search(draw(random, kDimension), 5);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::input) << error.what();
    }
  }
}

TEST(FragmentIndex, ASubsetKnowsItsOwnAlone) {
  Random random(5);
  FragmentIndex index(30, 2000);
  Vectors vectors, few;
  for (std::int64_t id = 0; id < 2500; ++id) add(index, vectors, id, draw(random, 30));
  std::vector<std::int64_t> ids;
  for (std::int64_t id = 1; id < 2500; id += 3) {
    ids.push_back(id);
    few[id] = vectors[id];
  }
  const FragmentIndex subset = index.subset(ids);
  EXPECT_EQ(subset.size(), ids.size());
  for (int question = 0; question < 20; ++question) {
    const std::vector<float> to = draw(random, 30);
    EXPECT_EQ(ids_of(subset.search(to, 20)), nearest(few, to, 20));
  }
  EXPECT_FLOAT_EQ(subset.distance(1, vectors[1]), 0);
  const std::int64_t none[] = {9999};
  EXPECT_EQ(test::refusal([&] { index.subset(none); }).kind(), ErrorKind::internal);
  EXPECT_EQ(test::refusal([&] { subset.distance(0, vectors[0]); }).kind(), ErrorKind::internal);
}

TEST(FragmentIndex, ADamagedFileIsRefused) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(test::refusal([&] { FragmentIndex::read(folder / "none"); }).kind(), ErrorKind::input);
  FragmentIndex index(4);
  const std::int64_t id = 1;
  index.add(std::span(&id, 1), std::vector<float>{1, 2, 3, 4});
  index.write(folder / "a", "");
  const std::string bytes = test::read_bytes(folder / "a");
  for (const std::size_t length : {std::size_t{0}, std::size_t{7}, bytes.size() / 2, bytes.size() - 1}) {
    test::write_bytes(folder / "a", bytes.substr(0, length));
    EXPECT_EQ(test::refusal([&] { FragmentIndex::read(folder / "a"); }).kind(), ErrorKind::input);
  }
}

TEST(FragmentIndex, WhatDoesNotFitIsADefect) {
  FragmentIndex index(2);
  const float vectors[] = {0, 0, 1, 1};
  const auto refuses_to_add = [&](std::vector<std::int64_t> some) {
    EXPECT_EQ(test::refusal([&] { index.add(some, vectors); }).kind(), ErrorKind::internal);
    EXPECT_EQ(index.size(), 0u) << "and stays as it was";
  };
  refuses_to_add({1, 1});
  refuses_to_add({1, -7});
  EXPECT_FALSE(index.contains(1));
  EXPECT_EQ(test::refusal([&] { index.search(std::span(vectors, 3), 1); }).kind(), ErrorKind::internal);
  const std::int64_t fresh[] = {7};
  const float no_number[] = {0, std::nanf("")};
  EXPECT_EQ(test::refusal([&] { index.add(fresh, no_number); }).kind(), ErrorKind::model);
  EXPECT_FALSE(index.contains(7));
}

}  // namespace
}  // namespace segue
