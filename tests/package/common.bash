# What the scripts with_* share. CTest runs them with these in the environment:
#
#   CXX       the compiler
#   CHECKOUT  the project
#   BUILD     its build directory
#   PREFIX    where the test package.install has installed it
#   LIBDIR    the folder for libraries in there
#   WORK      a folder of the script's own, emptied here
#   VERSION   what every way must say
#   REVISION  what Debian's packages add to it
#   COMMAND   yes if the steady command is built
#
# Exit status: 0 all is right; 77 skipped, with the reason; otherwise wrong, with what should be.
set -euo pipefail

fail() {
  echo "wrong: $*" >&2
  exit 1
}

skip() {
  echo "skipped: $*"
  exit 77
}

# need COMMAND PACKAGE: the command, or the test is skipped.
need() {
  command -v "$1" >/dev/null || skip "no $1; in Debian: $2"
}

# same WHAT FOUND EXPECTED
same() {
  [ "$2" = "$3" ] || fail "$1 is '$2'; it should be '$3'"
}

# The consumer's files, in a folder that a build system may write to.
copy_consumer() {
  cp "$CHECKOUT"/tests/package/{consumer,another_file}.cpp "$WORK"
}

# show COMMAND...: what is run stands in the test's output.
show() {
  echo "+ $*"
  "$@"
}

# Bazel leaves folders that may not be written to.
if [ -d "$WORK" ]; then find "$WORK" -type d ! -perm -u+w -exec chmod u+w {} +; fi
rm -rf "$WORK"
mkdir -p "$WORK"
cd "$WORK"
