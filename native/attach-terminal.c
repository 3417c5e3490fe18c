/* The caller's terminal in raw mode, and back. */
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>
#include "attach.h"

static struct termios terminal_before;
static struct termios terminal_raw;
static volatile int terminal_fd = -1;

int terminal_make_raw(int fd)
{
  if (tcgetattr(fd, &terminal_before) < 0) return -errno;
  terminal_raw = terminal_before;
  cfmakeraw(&terminal_raw);
  if (tcsetattr(fd, TCSADRAIN, &terminal_raw) < 0) return -errno;
  terminal_fd = fd;
  return 0;
}

void terminal_restore(void)
{
  /* At once, not when output has drained: a terminal that was stopped would keep us for ever. */
  if (terminal_fd >= 0) tcsetattr(terminal_fd, TCSANOW, &terminal_before);
}

void terminal_resume(void)
{
  if (terminal_fd >= 0) tcsetattr(terminal_fd, TCSANOW, &terminal_raw);
}

int terminal_size(uint16_t *rows, uint16_t *columns)
{
  struct winsize size;
  if (ioctl(0, TIOCGWINSZ, &size) < 0 && ioctl(1, TIOCGWINSZ, &size) < 0 && ioctl(2, TIOCGWINSZ, &size) < 0) return -errno;
  *rows = size.ws_row;
  *columns = size.ws_col;
  return 0;
}
