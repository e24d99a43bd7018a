// Which addresses may be called: hostile spellings of callbacks against a socket that must never see a connection.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "protocol/webhook.hpp"
#include "server/net/http_client.hpp"

namespace entente::net {
namespace {

// Listens on every address of this machine and counts who comes.
class Listening {
  public:
    Listening() : socket_(::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        if (socket_ < 0) {
            v6_ = false;
            socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        }
        int off = 0;
        sockaddr_in6 any6{};
        any6.sin6_family = AF_INET6;
        sockaddr_in any4{};
        any4.sin_family = AF_INET;
        if (v6_) {
            ::setsockopt(socket_, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
            EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&any6), sizeof any6), 0);
        } else {
            EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&any4), sizeof any4), 0);
        }
        EXPECT_EQ(::listen(socket_, 100), 0);
        sockaddr_in6 bound{};
        socklen_t size = sizeof bound;
        EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&bound), &size), 0);
        port_ = ntohs(v6_ ? bound.sin6_port : reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
    }
    ~Listening() { ::close(socket_); }
    std::string port() const { return std::to_string(port_); }
    bool somebody_came() const {
        const int peer = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
        if (peer >= 0) ::close(peer);
        return peer >= 0;
    }

  private:
    bool v6_ = true;
    int socket_;
    std::uint16_t port_ = 0;
};

ClientOptions guarded(const AddressGuard& guard) {
    ClientOptions options;
    options.timeout = std::chrono::milliseconds(300);
    options.may_connect = [&guard](const IpAddress& address) { return guard.allows(address); };
    options.plain_allowed = true;
    return options;
}

// Hosts that lead into this machine or a private network, in every spelling we know of.
std::vector<std::string> hostile_hosts() {
    std::vector<std::string> hosts{
        "localhost",
        "LOCALHOST",
        "localhost.",
        "LocalHost",
        "ip6-localhost",
        "ip6-loopback",
        "localhost.localdomain",
        "a.localhost",
        // one number, hexadecimal, octal, short and mixed forms of 127.0.0.1
        "2130706433",
        "0x7f000001",
        "0X7F000001",
        "017700000001",
        "0x7f.1",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "127.0.0.01",
        "0177.1",
        "127.0x1",
        "127.0.0.0x1",
        "0x7f.0x0.0x0.0x1",
        "0177.0000.0000.0001",
        "127.000.000.001",
        "00000177.1",
        "0",
        "0.0.0.0",
        "0x0",
        "00",
        "0.0",
        "127.127.127.127",
        "127.255.255.254",
        // metadata services and other favourites
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0xa9.0xfe.0xa9.0xfe",
        "0251.0376.0251.0376",
        "169.16689662",
        "169.254.43518",
        "100.100.100.200",
        "192.0.0.192",
        "metadata.localhost",
        // names of this machine that resolvers may know
        "broadcasthost",
        "ip6-allnodes",
        "ip6-allrouters",
        // userinfo, encodings, separators
        "example.com@127.0.0.1",
        "127.0.0.1@127.0.0.1",
        "127.0.0.1%00.example.com",
        "127.0.0.1%2eexample.com",
        "%6c%6f%63%61%6c%68%6f%73%74",
        "127。0。0。1",
        "①②⑦.⓪.⓪.①",
        "127.0.0.1\\@example.com",
        "example.com\\@127.0.0.1",
        "127.0.0.1#example.com",
        "127.0.0.1?example.com@",
        "example.com:80@127.0.0.1",
        "127.0.0.1\t",
        " 127.0.0.1",
        "127.0.0.1 ",
        "[127.0.0.1]",
        "[localhost]",
        "127.0.0.1\r\nHost: example.com",
        "127.0.0.1;example.com",
        "127.0.0.1,example.com",
        "//127.0.0.1",
        "127..1",
        ".127.0.0.1",
        "127.0.0.1.",
    };
    for (const char* inside : {"::1",
                               "::",
                               "0:0:0:0:0:0:0:1",
                               "0000:0000:0000:0000:0000:0000:0000:0001",
                               "::ffff:127.0.0.1",
                               "::FFFF:7f00:1",
                               "::ffff:7f00:0001",
                               "0:0:0:0:0:ffff:127.0.0.1",
                               "::127.0.0.1",
                               "::7f00:1",
                               "::ffff:10.0.0.1",
                               "::ffff:a9fe:a9fe",
                               "::ffff:192.168.1.1",
                               "::ffff:0:127.0.0.1",
                               "64:ff9b::127.0.0.1",
                               "64:ff9b::7f00:1",
                               "64:ff9b::10.0.0.1",
                               "64:ff9b:1::127.0.0.1",
                               "2002:7f00:1::",
                               "2002:0a00:0001::1",
                               "2002:c0a8:101::",
                               "2001:0:7f00:1::",
                               "2001:0000:4136:e378:8000:63bf:3fff:fdd2",
                               "fe80::1",
                               "fe80::1%lo",
                               "fe80::1%25lo",
                               "febf::1",
                               "fec0::1",
                               "fc00::1",
                               "fd00::1",
                               "fdff:ffff::1",
                               "ff02::1",
                               "ff01::1",
                               "ff0e::1",
                               "2001:db8::1",
                               "2001:10::1",
                               "2001:20::1",
                               "100::1",
                               "3fff::1",
                               "5f00::1",
                               "4000::1",
                               "::1%lo",
                               "0:0::1",
                               "::0001",
                               "[::1",
                               "::1]",
                               "::ffff:0x7f.1",
                               "::ffff:127.1",
                               "1::7f00:1:",
                               "fe80::%eth0",
                               "fd00:ec2::254",
                               "2001:2::1",
                               "2620:4f:8000::1"})
        hosts.push_back("[" + std::string(inside) + "]");
    // The edges and middles of every network that is not public.
    for (const char* address :
         {"0.0.0.1",        "0.255.255.255",   "10.0.0.0",        "10.0.0.1",        "10.1.2.3",        "10.255.255.255",
          "100.64.0.0",     "100.64.0.1",      "100.100.0.1",     "100.127.255.255", "127.0.0.1",       "127.0.0.2",
          "127.8.8.8",      "127.255.255.255", "169.254.0.0",     "169.254.0.1",     "169.254.255.255", "172.16.0.0",
          "172.16.0.1",     "172.20.10.1",     "172.31.255.255",  "192.0.0.0",       "192.0.0.1",       "192.0.0.8",
          "192.0.0.170",    "192.0.2.1",       "192.31.196.1",    "192.88.99.1",     "192.168.0.0",     "192.168.0.1",
          "192.168.1.1",    "192.168.255.255", "198.18.0.1",      "198.19.255.255",  "198.51.100.1",    "203.0.113.1",
          "224.0.0.1",      "224.0.0.251",     "239.255.255.250", "240.0.0.1",       "254.1.1.1",       "255.255.255.254",
          "255.255.255.255"})
        hosts.emplace_back(address);
    return hosts;
}

std::string numbers_of(std::uint32_t address, int form) {
    const auto octet = [&](int i) { return (address >> (24 - 8 * i)) & 0xff; };
    char text[80];
    switch (form) {
        case 0:
            std::snprintf(text, sizeof text, "%u", address);
            break;
        case 1:
            std::snprintf(text, sizeof text, "0x%x", address);
            break;
        case 2:
            std::snprintf(text, sizeof text, "0%o.0%o.0%o.0%o", octet(0), octet(1), octet(2), octet(3));
            break;
        case 3:
            std::snprintf(text, sizeof text, "0x%x.0x%x.0x%x.0x%x", octet(0), octet(1), octet(2), octet(3));
            break;
        case 4:
            std::snprintf(text, sizeof text, "%u.%u", octet(0), address & 0xffffff);
            break;
        case 5:
            std::snprintf(text, sizeof text, "%u.%u.%u", octet(0), octet(1), address & 0xffff);
            break;
        case 6:
            std::snprintf(text, sizeof text, "[::ffff:%u.%u.%u.%u]", octet(0), octet(1), octet(2), octet(3));
            break;
        default:
            std::snprintf(text, sizeof text, "[64:ff9b::%x:%x]", address >> 16, address & 0xffff);
            break;
    }
    return text;
}

TEST(AddressGuard, HostileCallbacksConnectToNobody) {
    const AddressGuard guard("");
    const Listening listening;
    std::vector<std::string> urls;
    auto hosts = hostile_hosts();
    for (const std::uint32_t address :
         {0x7f000001U, 0x7f00007fU, 0x0a000001U, 0xa9fea9feU, 0xc0a80101U, 0xac100001U, 0x64400001U, 0U})
        for (int form = 0; form < 8; ++form) hosts.push_back(numbers_of(address, form));
    for (const std::string& host : hosts) {
        urls.push_back("http://" + host + ":" + listening.port() + "/hook");
        urls.push_back("https://" + host + ":" + listening.port());
    }
    for (const char* scheme :
         {"file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "javascript:alert(1)", "dict://127.0.0.1:11211/",
          "http:127.0.0.1", "http:/127.0.0.1", "http:///127.0.0.1", "https:\\\\127.0.0.1", "//127.0.0.1/", "127.0.0.1", "",
          "http://", "https://:443/", "ht tp://127.0.0.1/"})
        urls.emplace_back(scheme);
    ASSERT_GE(urls.size(), 300U);
    // Where no resolver answers, a name costs a second once and is not asked for again under the other scheme.
    ::setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);
    int refused_by_form = 0;
    std::size_t tried = 0;
    bool slow = false;
    for (const std::string& url : urls) {
        if (std::exchange(slow, false) && url.starts_with("https://")) continue;
        ++tried;
        const auto begun = std::chrono::steady_clock::now();
        const auto parsed = protocol::parse_callback(url, true);
        if (!parsed) ++refused_by_form;
        // Even what the form lets through, and even what it does not.
        try {
            const std::string place = parsed ? (parsed->tls ? "https://" : "http://") + parsed->authority : url;
            HttpClient client(place, guarded(guard));
            const auto answer = client.call(api::Method::post, parsed ? parsed->target : "/", {}, "{}");
            ADD_FAILURE() << url << " was answered " << answer.status;
        } catch (const protocol::Fault&) {
        }
        EXPECT_FALSE(listening.somebody_came()) << url;
        slow = std::chrono::steady_clock::now() - begun > std::chrono::milliseconds(200);
    }
    EXPECT_GE(tried, 300U);
    EXPECT_GT(refused_by_form, 30);
}

TEST(AddressGuard, WhatTheOperatorAllowsIsCalledAndNothingElse) {
    const AddressGuard guard("10.1.0.0/16, fd00:1::/32 ,192.168.7.9");
    const auto allows = [&](const char* text) { return guard.allows(*parse_address(text)); };
    EXPECT_TRUE(allows("10.1.255.255"));
    EXPECT_FALSE(allows("10.2.0.0"));
    EXPECT_TRUE(allows("::ffff:10.1.2.3")) << "the same address";
    EXPECT_TRUE(allows("192.168.7.9"));
    EXPECT_FALSE(allows("192.168.7.8"));
    EXPECT_TRUE(allows("fd00:1:ffff::1"));
    EXPECT_FALSE(allows("fd00:2::1"));
    EXPECT_FALSE(allows("127.0.0.1"));
    for (const char* address :
         {"1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "172.15.255.255", "100.63.255.255", "100.128.0.0", "192.167.255.255",
          "11.0.0.0", "9.255.255.255", "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808"})
        EXPECT_TRUE(allows(address)) << address;
}

TEST(AddressGuard, JudgesHostsAsFarAsTheirSpellingTells) {
    const AddressGuard guard("");
    EXPECT_EQ(guard.judge_host("127.0.0.1"), false);
    EXPECT_EQ(guard.judge_host("LocalHost."), false);
    EXPECT_EQ(guard.judge_host("db.internal"), false);
    EXPECT_EQ(guard.judge_host("8.8.8.8"), true);
    EXPECT_EQ(guard.judge_host("hooks.example.com"), std::nullopt);
}

TEST(AddressGuard, AListThatIsNoneIsRefused) {
    for (const char* list : {"10.0.0.0/33", "10.0.0/8", "example.com", "fd00::/129", "10.0.0.0/", "10.0.0.0/x"})
        EXPECT_THROW(AddressGuard{list}, protocol::Fault) << list;
    EXPECT_NO_THROW(AddressGuard{" "});
}

TEST(Client, CallsPlainServersOnlyWhenTold) {
    EXPECT_THROW(HttpClient("http://127.0.0.1:1", ClientOptions{}), protocol::Fault);
}

}  // namespace
}  // namespace entente::net
