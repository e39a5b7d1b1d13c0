#include "training/recipe_table.hpp"

namespace segue {
namespace {

constexpr auto integer = SettingKind::integer;
constexpr auto real = SettingKind::real;
constexpr auto choice = SettingKind::choice;

constexpr std::string_view kFirstOfLearning = "clip_length";

// clang-format off
constexpr SettingRow kTable[] = {
    // In the order of kBundledRecipes: crnn-report, crnn-tuned, dense, autoencoder, successor.
    // The network.
    {"input", choice, 0, 0, "log-mel,seam", {"log-mel", "seam", "", "", ""},
     "what the convolution reads: the frames of each fragment, or both sides of the seam"},
    {"encoder", choice, 0, 0, "frames,conv1d,lenet,alexnet,vgg,resnet,pretrained", {"conv1d", "conv1d", "frames", "conv1d", ""},
     "what makes features of the frames: nothing (frames), one convolution over time, LeNet-5, AlexNet, "
     "VGG-16 or ResNet-18 in small, or a module of yours (pretrained); input seam has its own conv1d"},
    {"activation", choice, 0, 0, "relu,sigmoid,tanh", {"relu", "relu", "relu", "relu", ""},
     "of the encoder and of hidden dense layers"},
    {"channels", integer, 1, 1024, "", {"64", "96", "64", "64", ""},
     "convolution channels over the spectrum; of LeNet-5 to ResNet-18, those of the deepest layers"},
    {"kernel", integer, 1, 8, "", {"5", "3", "5", "5", ""}, "convolution kernel of conv1d in steps of its input"},
    {"pool", integer, 1, 64, "", {"10", "7", "10", "10", ""}, "max-pooling of conv1d in steps of its input"},
    {"rhythm_channels", integer, 1, 256, "", {"1", "32", "", "", ""},
     "convolution channels over onset flux (input seam only)"},
    {"slots", integer, 1, 64, "", {"", "", "8", "8", ""},
     "equal parts of time over which features are averaged, so that any length fits dense layers"},
    {"hidden", integer, 1, 1024, "", {"64", "64", "256", "", ""}, "size of the LSTM's state, or of the first dense layer"},
    {"state", integer, 1, 1024, "", {"", "", "", "64", ""}, "numbers that the encoder leaves of a fragment"},
    {"label", choice, 0, 0, "position,song", {"", "", "position", "", ""},
     "what is learnt of a fragment: its place in the song, or which song it is from"},
    {"bins", integer, 2, 64, "", {"", "", "10", "", ""}, "parts into which a song falls (label position only)"},
    {"context", integer, 1, 8, "", {"2", "2", "", "3", "4"},
     "fragments heard before the candidate, the one playing included"},
    {"edge", integer, 1, 1024, "", {"", "", "", "", "256"}, "numbers of an embedding that hold the frames at the cut"},
    {"rhythm", integer, 1, 1024, "", {"", "", "", "", "96"},
     "numbers of an embedding that hold the onset curve forwards, and as many backwards"},
    {"ahead", integer, 3, 256, "", {"", "", "", "", "43"}, "steps of the curves that are compared at the cut, 23 ms each"},
    {"lag_channels", integer, 1, 256, "", {"", "", "", "", "16"},
     "convolution channels over the autocorrelation, which tell how a fragment repeats itself"},
    {"tower_hidden", integer, 1, 1024, "", {"", "", "", "", "96"}, "channels inside the towers over the frames nearest to a seam"},
    {"tower_channels", integer, 1, 1024, "", {"", "", "", "", "96"}, "numbers that a tower leaves of each tenth of a second"},
    {"tower_dense", integer, 1, 4096, "", {"", "", "", "", "256"}, "size of the dense layer from a tower to the embedding"},
    {"pair_channels", integer, 1, 256, "", {"", "", "", "", "64"}, "convolution channels of the re-ranker, over lags"},
    {"pair_hidden", integer, 1, 1024, "", {"", "", "", "", "256"}, "size of the re-ranker's first dense layer"},
    // What it is shown. Nothing from here on defines the network (kFirstOfLearning).
    {"clip_length", integer, 3, 256, "", {"16", "16", "16", "16", "32"}, "consecutive fragments drawn together"},
    {"batch_clips", integer, 1, 256, "", {"8", "8", "8", "8", "4"}, "clips in a batch"},
    {"negatives_same", integer, 0, 255, "", {"1", "14", "4", "4", "5"},
     "wrong answers from the same clip, for each right one; dense and autoencoder learn from none, but are "
     "measured by them"},
    {"negatives_other", integer, 0, 255, "", {"1", "16", "", "", "1"}, "wrong answers from other clips, for each right one"},
    {"hard", integer, 0, 64, "", {"", "", "", "", "5"},
     "of the wrong answers of the same clip, those that score highest, for each that the re-ranker hears"},
    {"pair_share", real, 0.01, 1, "", {"", "", "", "", "0.5"}, "share of the queries that the re-ranker learns from"},
    {"extremes", real, 0, 8, "", {"0.4", "0.5", "", "", ""},
     "extreme wrong answers for each right one: silence, noise, reversed, far louder or softer, "
     "faster or slower, another genre"},
    {"history_share", real, 0, 1, "", {"0.7", "0.7", "", "", "0.75"},
     "how often the fragments before the one playing are shown"},
    {"guard", choice, 0, 0, "0,5,both", {"both", "both", "both", "both", "both"},
     "frames hidden at both edges of every fragment; both: one or the other by batch"},
    {"shift", real, 0, 1, "", {"0.5", "0.5", "0.5", "0.5", "0.5"}, "how far a clip may be moved off its cuts, in fragments"},
    {"stretch", real, 0, 0.3, "", {"0", "0.08", "0", "0", "0.08"}, "largest change of a clip's tempo"},
    {"recut", real, 0, 1, "", {"", "", "", "", "0.5"},
     "how often a track is cut otherwise than asked: at onsets, or into random lengths from 1 to 12 s"},
    {"pitch", real, 0, 12, "", {"", "", "", "", "2"}, "largest transposition of a clip, in semitones"},
    {"gain_db", real, 0, 12, "", {"0", "3", "0", "0", "3"}, "largest change of a fragment's level"},
    {"tilt_db", real, 0, 12, "", {"0", "3", "0", "0", "3"},
     "largest change of a fragment's level at the lowest and highest band"},
    // How it learns.
    {"dropout", real, 0, 0.9, "", {"0.25", "0.25", "0.25", "0", "0.05"}, "share of the encoder's outputs dropped in training"},
    {"loss", choice, 0, 0, "binary,listwise", {"binary", "listwise", "", "", ""},
     "binary cross-entropy, or softmax over the right and all wrong answers"},
    {"predecessor_weight", real, 0, 1, "", {"0", "0.5", "", "", ""},
     "share of the listwise loss that asks which fragment came before, not which comes next"},
    {"binary_weight", real, 0, 1, "", {"1", "0.1", "", "", "0.2"},
     "weight of binary cross-entropy beside the listwise loss: keeps outputs probabilities"},
    {"epochs", integer, 1, 100000, "", {"75", "30", "40", "40", "65"}, "passes over the train side at most"},
    {"patience", integer, 0, 100000, "", {"25", "10", "15", "15", "0"},
     "epochs without a better validation AUC after which training stops; 0: never"},
    {"keep", choice, 0, 0, "best,last", {"best", "best", "best", "best", "last"},
     "the epoch whose weights are kept: that with the best validation AUC, or the last, whose steps were the smallest"},
    {"learning_rate", real, 1e-7, 1, "", {"0.001", "0.002", "0.001", "0.001", "0.003"},
     "largest step of AdamW; falls by a cosine"},
    {"weight_decay", real, 0, 1, "", {"0.01", "0.01", "0.01", "0.01", "0.01"}, "of AdamW"},
    {"warmup", integer, 0, 100000, "", {"30", "30", "30", "30", "50"}, "batches until the largest step is reached"},
    {"clip_gradient", real, 0.01, 1000, "", {"5", "5", "5", "5", "5"}, "largest norm of the gradient"},
};
// clang-format on

}  // namespace

std::span<const SettingRow> recipe_table() { return kTable; }

bool defines_network(const SettingRow& row) {
  for (const SettingRow& known : kTable) {
    if (known.name == kFirstOfLearning) return false;
    if (known.name == std::string_view(row.name)) return true;
  }
  return false;
}

}  // namespace segue
