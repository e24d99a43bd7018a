#pragma once
// The archive worker as the gateway uses it: one process for each archive, spoken to over two pipes, never trusted.
//
// A worker is started without environment, with nothing open but its pipes, locks itself up (worker.cpp) and dies with the gateway.
// It is given up when it takes too long, says something broken, or ends by itself. Call from a thread that may wait.

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "protocol/result.hpp"
#include "server/archive/frames.hpp"

namespace entente::archive {

// Its pipes and its end.
class Worker {
  public:
    Worker(const std::filesystem::path& program, std::string what, std::string shape,
           std::chrono::steady_clock::time_point deadline, std::function<bool()> stop);
    ~Worker();  // ends it, whatever it does
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // Hands over `bytes`, taking what comes meanwhile to `incoming`. False when it does not listen any more. Fault: time is over or
    // the gateway stops.
    bool write(std::string_view bytes, const std::function<void(std::string_view)>& incoming);
    void close_input();
    // Takes something, at least one byte, or false at its end.
    bool read(const std::function<void(std::string_view)>& incoming);
    // Waits for its end; true when it ended by itself, and well.
    bool finish();

  private:
    void wait_for(short input, short output, short& input_ready, short& output_ready) const;

    pid_t pid_ = -1;
    int input_ = -1;   // of the worker
    int output_ = -1;  // of the worker
    std::chrono::steady_clock::time_point deadline_;
    std::function<bool()> stop_;
};

enum class Reading : std::uint8_t {
    whole,
    stopped,  // an event said so
    damaged,  // truncated, lying, or nothing that it knows
    encrypted,
    too_deep,    // compressed more than once
    unsupported  // no archive after all
};

struct Reader {
    std::function<bool(Shape)> shape;
    std::function<bool(const Member&)> member;
    std::function<bool(std::string_view)> data;
    std::function<bool()> end;
};
// Reads the archive that `source` gives in pieces (empty at its end). The events come in an order that is checked: shape, then
// members with their data, whatever the worker says.
Reading unpack(Worker& worker, const std::function<std::string_view()>& source, const Reader& events);

// Packs members; what comes out goes to `sink`. Each call is false when the worker failed.
class Packer {
  public:
    Packer(Worker& worker, std::function<void(std::string_view)> sink) : worker_(worker), sink_(std::move(sink)) {}
    bool member(const Member& member) { return worker_.write(frame(Frame::member, member_text(member)), sink_); }
    bool data(std::string_view bytes);
    bool end() { return worker_.write(frame(Frame::end, {}), sink_); }
    bool finish();

  private:
    Worker& worker_;
    std::function<void(std::string_view)> sink_;
};

}  // namespace entente::archive
