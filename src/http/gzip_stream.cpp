#include "http/gzip_stream.hpp"

#include <zlib.h>

#include <stdexcept>

#include "http/compress.hpp"

namespace http {
namespace asio = boost::asio;
namespace {

/// Compresses the written bytes and passes them on.
class GzipWriter final : public StreamWriter {
 public:
  explicit GzipWriter(StreamWriter& out) : out_(out) {
    if (deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, kGzipWindowBits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::runtime_error("zlib could not be set up");
  }
  ~GzipWriter() override { deflateEnd(&stream_); }

  asio::awaitable<bool> write(std::vector<Text> parts) override {
    std::string compressed;
    for (const Text& part : parts) add(compressed, *part, Z_NO_FLUSH);
    return pass(std::move(compressed));
  }

  asio::awaitable<bool> finish() {
    std::string compressed;
    add(compressed, {}, Z_FINISH);
    return pass(std::move(compressed));
  }

  void watch(std::function<void()> on_gone) override { out_.watch(std::move(on_gone)); }
  void unwatch() override { out_.unwatch(); }
  bool gone() const override { return out_.gone(); }

 private:
  void add(std::string& compressed, std::string_view data, int flush) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    stream_.avail_in = static_cast<uInt>(data.size());
    do {
      constexpr std::size_t kPiece = 16 * 1024;
      const std::size_t size = compressed.size();
      compressed.resize(size + kPiece);
      stream_.next_out = reinterpret_cast<Bytef*>(compressed.data() + size);
      stream_.avail_out = kPiece;
      deflate(&stream_, flush);
      compressed.resize(size + kPiece - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  asio::awaitable<bool> pass(std::string compressed) {
    std::vector<Text> parts(1, std::make_shared<const std::string>(std::move(compressed)));
    co_return co_await out_.write(std::move(parts));
  }

  StreamWriter& out_;
  z_stream stream_{};
};

asio::awaitable<void> compress(StreamWriter& out, const Stream& stream) {
  GzipWriter writer(out);
  co_await stream(writer);
  if (!writer.gone()) co_await writer.finish();
}

}  // namespace

void stream_compressed(const Request& request, Reply& reply, Stream stream) {
  reply.headers.emplace_back("Vary", "Accept-Encoding");
  if (!accepts_gzip(request.list("Accept-Encoding"))) {
    reply.stream = std::move(stream);
    return;
  }
  reply.headers.emplace_back("Content-Encoding", "gzip");
  reply.stream = [stream = std::move(stream)](StreamWriter& out) { return compress(out, stream); };
}

}  // namespace http
