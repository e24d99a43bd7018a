"""Writes copies of the verifier's sources in which every check can be switched off, one at a time, while the program runs.

  mutate_verifier.py OUT SOURCE...      OUT/<name of each source>, and OUT/mutants.inc with what each number switches off

What is switched off: a finding that is not reported any more; an operand of a condition (of ||: never true, of &&: always true); a whole
condition of one operand (never true). The copies ask ::entente::mutant(number), which the tests define (audit_mutants.cpp).
"""

import pathlib
import re
import sys


def skip(text, at):
    """The end of the literal or comment that begins here; `at` where none does."""
    if text.startswith("//", at):
        end = text.find("\n", at)
        return len(text) if end < 0 else end
    if text[at] in "\"'" and not (text[at] == "'" and text[at - 1].isdigit()):
        end = at + 1
        while text[end] != text[at]:
            end += 2 if text[end] == "\\" else 1
        return end + 1
    return at


def closing(text, at):
    """The place of the bracket that closes the one at `at`."""
    depth = 0
    while at < len(text):
        after = skip(text, at)
        if after != at:
            at = after
            continue
        depth += text[at] in "([{"
        depth -= text[at] in ")]}"
        if depth == 0:
            return at
        at += 1
    raise SystemExit("a bracket is not closed")


def split(text, sign):
    """The parts between an operator outside of every bracket."""
    parts, begin, at = [], 0, 0
    while at < len(text):
        after = skip(text, at)
        if after != at:
            at = after
        elif text[at] in "([{":
            at = closing(text, at) + 1
        elif text.startswith(sign, at):
            parts.append(text[begin:at])
            at += len(sign)
            begin = at
        else:
            at += 1
    return parts + [text[begin:]]


class Mutator:
    def __init__(self):
        self.what = []

    def number(self, source, line, text):
        self.what.append((source, line, " ".join(text.split())))
        return len(self.what)

    def condition(self, text, where, whole):
        either = split(text, "||")
        if len(either) > 1:
            return " || ".join(f"(!::entente::mutant({self.number(*where, 'never: ' + part)}) && ({self.condition(part, where, False)}))" for part in either)
        both = split(text, "&&")
        if len(both) > 1:
            return " && ".join(f"(::entente::mutant({self.number(*where, 'always: ' + part)}) || ({self.condition(part, where, False)}))" for part in both)
        return f"!::entente::mutant({self.number(*where, 'never: ' + text)}) && ({text})" if whole else text

    def source(self, name, text):
        out, at = [], 0
        # Conditions first, from the front; what is inside of one is not looked at again.
        for found in re.finditer(r"\bif \(|\breturn (?=[^;]*(?:&&|\|\|))|\b(?:findings_|findings)\.add(?:_always)?\(", text):
            if found.start() < at or skip_line(text, found.start()):
                continue
            where = (name, text.count("\n", 0, found.start()) + 1)
            out.append(text[at:found.start()])
            if found.group().startswith("if"):
                end = closing(text, found.end() - 1)
                inner = text[found.end():end]
                out.append(text[found.start():found.end()])
                # A declaration inside stays what it is.
                pieces = split(inner, ";")
                declares = re.match(r"\s*(const )?auto\b", pieces[-1])
                out.append(";".join(pieces[:-1] + [pieces[-1] if declares else self.condition(pieces[-1], where, True)]))
                at = end
            elif found.group().startswith("return"):
                end = found.end()
                while text[end] != ";":
                    end = skip(text, end) if skip(text, end) != end else closing(text, end) + 1 if text[end] in "([{" else end + 1
                inner = text[found.end():end]
                out.append("return " + (inner if "?" in inner or "[" in inner else self.condition(inner, where, False)))
                at = end
            else:
                out.append(f"::entente::mutant({self.number(*where, 'not reported: ' + text[found.start():text.find(chr(10), found.start())])}) ? void() : {found.group()}")
                at = found.end()
        return "".join(out) + text[at:]


def skip_line(text, at):
    return "//" in text[text.rfind("\n", 0, at) + 1:at]


def main():
    out, mutator = pathlib.Path(sys.argv[1]), Mutator()
    out.mkdir(parents=True, exist_ok=True)
    for path in map(pathlib.Path, sys.argv[2:]):
        mutated = mutator.source(path.name, path.read_text(encoding="utf-8"))
        (out / path.name).write_text(f'namespace entente {{ bool mutant(unsigned number); }}\n#line 1 "{path}"\n{mutated}', encoding="utf-8")
    lines = "".join(f'{{"{name}", {line}, R"({text})"}},\n' for name, line, text in mutator.what)
    (out / "mutants.inc").write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    main()
