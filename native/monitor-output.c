/* Output of the container: read in large pieces, logged, offered to the clients; not read while a client has not taken the last piece. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "monitor.h"

/* So many pieces of one stream are read before others have a turn. */
#define OUTPUT_TURN 64
/* Of a pipe, unless told otherwise; and of one that was full. Wide pipes save changes from one process to the other, but a user may have 64 MB of them only. */
#define PIPE_BYTES 65536
#define PIPE_WIDE_BYTES 262144
/* After so many reads that got no more than this the buffers are given back. */
#define QUIET_PUMPS 200
#define LITTLE_BYTES 4096
/* A program that closed its terminal may open it again: looked at so often. */
#define TERMINAL_RETRY_MS 200

static void monitor_output_arm(struct monitor *monitor, struct output *output, bool wanted)
{
  if (output->fd < 0 || output->is_armed == wanted) return;
  output->is_armed = wanted;
  /* Taken out rather than set to no events: a pipe whose writers are gone reports that whatever is asked for. */
  if (wanted) monitor_watch(monitor, output->fd, EPOLLIN, SOURCE_OUTPUT, (uint32_t)(output - monitor->outputs));
  else monitor_unwatch(monitor, output->fd);
}

void monitor_outputs_arm(struct monitor *monitor, bool wanted)
{
  for (size_t i = 0; i < 2; i++) {
    struct output *output = &monitor->outputs[i];
    bool rests = output->is_terminal && monitor->terminal_retry_at != 0;
    monitor_output_arm(monitor, output, wanted && !rests);
  }
}

static void monitor_output_close(struct monitor *monitor, struct output *output)
{
  if (output->fd < 0) return;
  monitor_output_arm(monitor, output, false);
  close(output->fd);
  output->fd = -1;
  log_file_append(&monitor->log, output->stream, output->torn, output->torn_used, LOG_REST_NONE);
  log_file_flush(&monitor->log);
  output->torn_used = 0;
}

void monitor_outputs_close(struct monitor *monitor)
{
  monitor->terminal_retry_at = 0;
  for (size_t i = 0; i < 2; i++) monitor_output_close(monitor, &monitor->outputs[i]);
}

bool monitor_outputs_ended(const struct monitor *monitor)
{
  return monitor->outputs[0].fd < 0 && monitor->outputs[1].fd < 0;
}

static void monitor_output_ended(struct monitor *monitor, struct output *output)
{
  if (output->is_terminal && monitor->phase == PHASE_RUNNING) {
    monitor_output_arm(monitor, output, false);
    monitor->terminal_retry_at = timestamp_monotonic_ms() + TERMINAL_RETRY_MS;
    return;
  }
  monitor_output_close(monitor, output);
}

/* Logs and offers one piece that lies behind `carry` bytes of an unfinished line. Returns how many bytes of an unfinished line are
 * left at the front of the buffer. Once a client has to be waited for, the buffer is its: then what is left is at most a torn character. */
static size_t monitor_output_piece(struct monitor *monitor, struct output *output, size_t carry, size_t length, bool more)
{
  uint8_t *buffer = monitor->read_buffer;
  size_t total = carry + length;
  log_file_set_time(&monitor->log);
  size_t taken = log_file_append(&monitor->log, output->stream, buffer, total, more ? LOG_REST_LINE : LOG_REST_CHARACTER);
  control_broadcast(monitor, output->stream, buffer + carry, (uint32_t)length);
  bool is_blocked = monitor->chunk.waiting > 0;
  if (is_blocked || total - taken > MONITOR_LINE_BYTES) {
    taken += log_file_append(&monitor->log, output->stream, buffer + taken, total - taken, LOG_REST_CHARACTER);
  }
  size_t left = total - taken;
  if (!is_blocked) {
    memmove(buffer, buffer + taken, left);
    return left;
  }
  monitor_outputs_arm(monitor, false);
  output->torn_used = (uint8_t)left;
  memcpy(output->torn, buffer + taken, left);
  return 0;
}

/* Leaves an output for now: an unfinished line goes to the log, but for a torn character. */
static void monitor_output_rest(struct monitor *monitor, struct output *output, size_t carry)
{
  if (carry == 0) return;
  uint8_t *buffer = monitor->read_buffer;
  size_t taken = log_file_append(&monitor->log, output->stream, buffer, carry, LOG_REST_CHARACTER);
  output->torn_used = (uint8_t)(carry - taken);
  memcpy(output->torn, buffer + taken, output->torn_used);
}

/* A container that goes on with a line now and then is never idle: its monitor becomes small again all the same. */
static void monitor_output_count(struct monitor *monitor, size_t got)
{
  if (got > LITTLE_BYTES) monitor->quiet_pumps = 0;
  else if (monitor->quiet_pumps <= QUIET_PUMPS && ++monitor->quiet_pumps == QUIET_PUMPS) monitor_outputs_trim(monitor);
}

/* Where it cannot be had, the pipe stays as it is. */
static void monitor_output_widen(struct output *output, size_t got)
{
  if (output->is_wide || output->is_terminal || got < PIPE_BYTES) return;
  output->is_wide = true;
  fcntl(output->fd, F_SETPIPE_SZ, PIPE_WIDE_BYTES);
}

void monitor_outputs_trim(struct monitor *monitor)
{
  for (size_t i = 0; i < 2; i++) {
    struct output *output = &monitor->outputs[i];
    if (output->fd >= 0 && output->is_wide && fcntl(output->fd, F_SETPIPE_SZ, PIPE_BYTES) >= 0) output->is_wide = false;
  }
  if (monitor->chunk.waiting == 0) monitor_trim_buffer(monitor->read_buffer, MONITOR_READ_BYTES);
  if (monitor->log.used == 0 && monitor->log.buffer != NULL) monitor_trim_buffer(monitor->log.buffer, LOG_BUFFER_BYTES);
}

void monitor_output_pump(struct monitor *monitor, struct output *output)
{
  if (monitor->chunk.waiting > 0 || output->fd < 0) return;
  size_t carry = output->torn_used, all = 0;
  memcpy(monitor->read_buffer, output->torn, carry);
  output->torn_used = 0;
  for (int turn = 1; turn <= OUTPUT_TURN && monitor->chunk.waiting == 0; turn++) {
    size_t room = MONITOR_READ_BYTES - carry;
    ssize_t got = read(output->fd, monitor->read_buffer + carry, room);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;
    if (got <= 0) {
      log_file_append(&monitor->log, output->stream, monitor->read_buffer, carry, LOG_REST_NONE);
      carry = 0;
      monitor_output_ended(monitor, output);
      break;
    }
    monitor->terminal_retry_at = 0;
    bool is_short = !output->is_terminal && (size_t)got < room; /* a pipe gives all it has; a terminal never more than 4096 bytes */
    monitor_output_widen(output, (size_t)got);
    all += (size_t)got;
    carry = monitor_output_piece(monitor, output, carry, (size_t)got, !is_short && turn < OUTPUT_TURN);
    if (is_short) break;
  }
  monitor_output_rest(monitor, output, carry);
  log_file_flush(&monitor->log);
  monitor_output_count(monitor, all);
}
