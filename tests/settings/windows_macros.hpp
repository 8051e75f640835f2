// The macros that windows.h leaves behind and that are words of C++ programs.
#pragma once

#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define far
#define near
#define small char
#define interface struct
