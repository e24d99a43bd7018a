#pragma once
// Pieces of patterns that several files of rules share. Only for the rules' own sources.

// START: a token does not begin inside a word, but may follow an escaped line break or a percent escape.
#define START R"((?:^|[^A-Za-z0-9]|\\[nrt]|%[0-9A-Fa-f]{2}))"
// Between a key and its value, on one line: quotes and brackets that end the key, then a separator ("：" is the full-width
// colon; ?=, ::= and .= are those of make, shells and PHP; "string =" is a declaration).
#define SEPARATOR \
    R"([\\"'`\])*]{0,5}(?:</\w{1,10}>)?[ \t]{0,40}(?:(?:string|str|String|&str|var|text)[ ])?(?:=>|->|[:?.+]{0,3}={1,3}|:|\xef\xbc\x9a)(?:\*\*)?[ \t]{0,40}(?:<[a-z]{1,10}>)?)"
