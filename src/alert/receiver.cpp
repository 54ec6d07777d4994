#include "alert/receiver.hpp"

namespace alert {

boost::asio::awaitable<Delivery> Receiver::repeat(std::vector<Message>, Sending) {
  co_return Delivery{};
}

std::unique_ptr<Receiver> make_receiver(const config::AlertReceiver& config, Transport transport) {
  return config::with_options(config, [&](const auto& options) { return receiver_of(options, transport); });
}

}  // namespace alert
