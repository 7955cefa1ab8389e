// What the sender in docs/wire.md needs of an ESP32's libraries, as this machine has it.
#pragma once

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

const int WL_CONNECTED = 3;

struct WiFiClass {
  void begin(const char *, const char *) {}
  int status() { return WL_CONNECTED; }
};

inline WiFiClass WiFi;

inline void delay(unsigned long milliseconds) { usleep(milliseconds * 1000); }
inline void configTime(long, int, const char *) {}
