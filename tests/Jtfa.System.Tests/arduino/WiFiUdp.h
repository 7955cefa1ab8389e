// Sends what is for the document's gateway to a port of this machine's loopback interface: JTFA_PORT.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

class WiFiUDP {
 public:
  int beginPacket(const char *host, uint16_t port) {
    bytes.clear();
    return host == std::string("fusion.local") && port == 5005;
  }

  size_t write(const uint8_t *begin, size_t length) {
    bytes.append(reinterpret_cast<const char *>(begin), length);
    return length;
  }

  int endPacket() {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(atoi(getenv("JTFA_PORT")));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return sendto(descriptor, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr *>(&to), sizeof to) > 0;
  }

 private:
  int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
  std::string bytes;
};
