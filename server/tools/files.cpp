// entente file ...: sending files of a case to both sides, and saying where a company takes them.

#include <filesystem>
#include <ostream>

#include "protocol/attachment.hpp"
#include "protocol/connect/query.hpp"
#include "server/tools/context.hpp"
#include "server/tools/exit_code.hpp"
#include "server/tools/problem.hpp"
#include "server/tools/table.hpp"

namespace entente::tools {
namespace {

constexpr std::string_view target_path = "/api/v1/attachment-target";

std::string files_path(Context& context, std::string_view tail = {}) {
    return "/api/v1/cases/" + protocol::url_segment(context.text("CASE")) + "/attachments" + std::string(tail);
}

int print_results(Context& context, const Answer& answer) {
    bool all = true;
    for (const Value& row : answer.value.items()) all = all && row.truth("completeSuccess");
    if (!context.printed_raw(answer)) {
        Table table({"FILE", "SUBMITTER", "RECEIVER", "WHY"});
        for (const Value& row : answer.value.items()) {
            const bool good = row.truth("completeSuccess");
            const std::string submitter = row.text("submitterStatus");
            const std::string receiver = row.text("receiverStatus");
            const std::string why = receiver != "SUCCESS" ? row.text("receiverMessage") : good ? "" : row.text("submitterMessage");
            table.row({row.text("fileName"), submitter, {receiver, good ? Ink::green : Ink::yellow}, why});
        }
        context.out() << table.print(context.paint(), context.width());
    }
    return all ? exit_code::ok : exit_code::refused;
}

// A boundary that no file of this request holds.
std::string free_boundary(const std::vector<std::string>& contents) {
    for (int i = 0;; ++i) {
        const std::string boundary = "entente-file-" + std::to_string(i);
        bool taken = false;
        for (const std::string& content : contents) taken = taken || content.find(boundary) != std::string::npos;
        if (!taken) return boundary;
    }
}

std::string escaped(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (c == '"' || c == '\\') out += '\\';
        out += static_cast<unsigned char>(c) < 0x20 ? '_' : c;
    }
    return out;
}

int send(Context& context) {
    std::vector<std::string> contents;
    for (const std::string& file : context.all("FILE")) contents.push_back(context.world().read_file(file));
    const std::string boundary = free_boundary(contents);
    std::string body;
    for (std::size_t i = 0; i < contents.size(); ++i) {
        const std::string name = std::filesystem::path(context.all("FILE")[i]).filename().string();
        body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"files\"; filename=\"" + escaped(name) +
                "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + contents[i] + "\r\n";
    }
    body += "--" + boundary + "--\r\n";
    std::string target = files_path(context);
    if (context.given("description")) target += "?description=" + protocol::url_segment(text_or_file(context, "description"));
    const Answer answer = context.attempt_typed(target, "multipart/form-data; boundary=" + boundary, std::move(body));
    if (!answer.good()) throw Refused(read_problem(answer.response()));
    return print_results(context, answer);
}

int list(Context& context) {
    return print_list(context, context.get(files_path(context)),
                      {{"ID", "id"},
                       {"FILE", "fileName"},
                       {"SENT", "createdAt"},
                       {"STATE", "state"},
                       {"SUBMITTER", "submitterStatus"},
                       {"RECEIVER", "receiverStatus"}},
                      "No file is listed: the sender's company keeps no history, or sent none");
}

int resume(Context& context) {
    return print_results(context, context.post(files_path(context, "/" + protocol::url_segment(context.text("ID")) + "/resume")));
}

int limits(Context& context) {
    return print_object(context, context.get(files_path(context, "/limits")),
                        {{"largest file", "maxBytes"},
                         {"files at once", "maxFiles"},
                         {"submitter takes files", "submitterTakesFiles"},
                         {"receiver takes files", "receiverTakesFiles"}});
}

int print_target(Context& context, const Answer& answer) {
    return print_object(context, answer,
                        {{"host", "target.domain"},
                         {"port", "target.httpsPort"},
                         {"path", "target.httpsPath"},
                         {"until", "target.expiration"},
                         {"largest file", "maxBytes"},
                         {"history", "history"},
                         {"note", "note"}});
}

int place(Context& context) {
    const bool changes = context.given("host") || context.given("largest") || context.flag("history") || context.flag("note") ||
                         context.flag("plain");
    if (!changes) return print_target(context, context.get(std::string(target_path)));
    protocol::JsonWriter json;
    json.object();
    if (context.given("host")) {
        json.member("domain", context.text("host"));
        json.member("httpsPort", context.number("port").value_or(443));
        json.member("httpsPath", context.text("path", "/"));
        const certs::Secret secret = password(context, "password-file", "Password of that place", true);
        json.member("password", protocol::as_text(secret.bytes()));
        json.member("expiration", moment(context, "until"));
    }
    json.member("maxBytes", context.number("largest").value_or(0));
    json.member("history", context.flag("history"));
    json.member("note", context.flag("note"));
    return print_target(context, context.put(std::string(target_path), json.end().take()));
}

int no_place(Context& context) {
    context.remove(std::string(target_path));
    context.note("The company takes no files any more, except where a case says otherwise");
    return exit_code::ok;
}

}  // namespace

std::vector<Command> file_commands() {
    const Option which = argument("CASE", "its token");
    return {
        {.path = "file send",
         .summary = "Send files of a case to both sides",
         .example = "  entente file send gP7fZ8GuoZ6ml1F09BAe fabric-b.log support.tar.gz --description 'Since Saturday'",
         .options = {which, arguments("FILE", "the files"),
                     value("description", "TEXT|@FILE", "about them, at most 500 characters")},
         .run = send},
        {.path = "file list",
         .summary = "Files of a case, where the sender's company keeps a history",
         .example = "  entente file list gP7fZ8GuoZ6ml1F09BAe",
         .options = {which},
         .run = list},
        {.path = "file resume",
         .summary = "Send a file again to the side that did not get it",
         .example = "  entente file resume gP7fZ8GuoZ6ml1F09BAe 4711",
         .options = {which, argument("ID", "of the file, as the list shows it")},
         .run = resume},
        {.path = "file limits",
         .summary = "How large files of a case may be",
         .example = "  entente file limits gP7fZ8GuoZ6ml1F09BAe",
         .options = {which},
         .run = limits},
        {.path = "file place",
         .summary = "Show or say where your company takes files; options are replaced whole",
         .example =
             "  entente file place\n"
             "  entente file place --host files.brightwater.example --path /in --password-file secret.txt --until 365d --history",
         .options = {value("host", "NAME", "host name of an HTTPS server"), value("port", "N", "its port (443)"),
                     value("path", "/PATH", "where files are put (/)"),
                     value("password-file", "FILE", "its password, sent with each file; the user is your own case number (asked)"),
                     value("until", "TIME", "how long it is valid"), value("largest", "BYTES", "largest file that you take"),
                     flag("history", "list sent files, keep failed ones for 24 hours"),
                     flag("note", "a note tells both sides which files went"), flag("plain", "none of the options")},
         .run = place},
        {.path = "file no-place", .summary = "Take no files any more", .example = "  entente file no-place", .run = no_place},
    };
}

}  // namespace entente::tools
