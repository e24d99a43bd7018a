// Asio and Beast, compiled once for the whole program (separate compilation); no other source carries their code.

#include <utility>

#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
