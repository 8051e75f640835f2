// Empty on purpose: CMake needs a source file to hang the tests' precompiled header on.
