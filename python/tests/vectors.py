"""Runs packed vectors and prints one line: `vectors python: N of M`."""

import sys

import packed


def main(path: str) -> int:
    passed = cases = 0
    with open(path, "rb") as file:
        for group in packed.read(file.read()):
            guard = group.guard()
            for case in group.cases:
                cases += 1
                given = packed.answer(guard, case)
                if given == case.expected:
                    passed += 1
                else:
                    print(f"{case.name}: want {case.expected}, got {given}", file=sys.stderr)
    print(f"vectors python: {passed} of {cases}")
    return 0 if passed == cases else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
