#pragma once
// Colours and tables for people. Colours appear only where the caller found a terminal and NO_COLOR unset; a table that is not for
// a terminal is never cut, so that grep and awk see every character.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace entente::tools {

enum class Ink { plain, bold, dim, red, green, yellow, blue };

class Paint {
  public:
    explicit Paint(bool on = false) : on_(on) {}
    std::string operator()(Ink ink, std::string_view text) const;
    bool on() const { return on_; }

  private:
    bool on_;
};

struct Cell {
    std::string text;
    Ink ink = Ink::plain;
    Cell(std::string what, Ink how = Ink::plain) : text(std::move(what)), ink(how) {}
    Cell(const char* what) : text(what) {}
};

// The usual colour of a state word: green for what is in force, yellow for what waits, red for what ended badly.
Ink ink_for_state(std::string_view state);

class Table {
  public:
    explicit Table(std::vector<std::string> heads);
    void row(std::vector<Cell> cells);                                                  // missing cells are blank
    void keep_whole(std::vector<std::size_t> columns) { whole_ = std::move(columns); }  // ids and times, which one copies
    bool empty() const { return rows_.empty(); }

    // Lines with two blanks between columns. `width` 0 means unlimited; otherwise the widest columns are shortened until the
    // table fits, none below 8 columns.
    std::string print(const Paint& paint, std::size_t width) const;

  private:
    std::vector<std::size_t> widths(std::size_t limit) const;

    std::vector<std::string> heads_;
    std::vector<std::size_t> whole_;
    std::vector<std::vector<Cell>> rows_;
};

// Pairs of name and text, the names aligned; long texts wrap under themselves, empty texts are left out.
class Facts {
  public:
    void add(std::string name, std::string text, Ink ink = Ink::plain);
    std::string print(const Paint& paint, std::size_t width) const;

  private:
    struct Fact {
        std::string name;
        std::string text;
        Ink ink;
    };
    std::vector<Fact> facts_;
};

}  // namespace entente::tools
