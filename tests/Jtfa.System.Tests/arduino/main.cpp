// Runs the sender as the board does, for three tokens.
#include "sender.ino"

int main() {
  setup();
  for (int i = 0; i < 3; i++) loop();
}
