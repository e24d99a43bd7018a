#pragma once
// What the program's exit code says to a script. The table is part of the manual (entente --help prints it).

namespace entente::tools::exit_code {

inline constexpr int ok = 0;
inline constexpr int refused = 1;         // the gateway or a check said no: rule, missing object, invalid value
inline constexpr int usage = 2;           // the command line itself is wrong
inline constexpr int unreachable = 3;     // no gateway answers, or it is out of service for the moment
inline constexpr int not_signed_in = 4;   // no credential, or it is no longer accepted
inline constexpr int tampered = 5;        // verification of the audit log found a bad record
inline constexpr int broken = 70;         // a fault of this program or this machine
inline constexpr int try_later = 75;      // mail receive: the mail server keeps the mail and comes again
inline constexpr int configuration = 78;  // the configuration file is wrong or missing

}  // namespace entente::tools::exit_code
