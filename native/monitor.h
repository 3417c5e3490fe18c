/* The monitor of one container: what its files share. One thread, one epoll loop, fixed memory. */
#ifndef CALA_MONITOR_H
#define CALA_MONITOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include "container.h"
#include "frame.h"
#include "handed.h"
#include "log-file.h"
#include "log-journal.h"
#include "membership.h"
#include "state.h"

/* Clients come in blocks that are made when they are needed, so that none costs nothing. */
#define CLIENT_BLOCK 16u
#define CLIENT_BLOCKS 64u
#define MONITOR_READ_BYTES 131072u
/* An unfinished line that is longer goes to the log. */
#define MONITOR_LINE_BYTES 16384u
#define MONITOR_INPUT_BYTES 16384u
#define CLIENT_OUT_BYTES 80u
/* A client that takes nothing for so long after the container ended is forgotten (control_stalled_until). */
#ifndef CLIENT_PATIENCE_MS
#define CLIENT_PATIENCE_MS 5000
#endif
#define PASSTHROUGH_FD 4
/* How long output is waited for after the end when a process outside the container still holds a pipe. */
#define DRAIN_PATIENCE_MS 250

enum restart_policy { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS, RESTART_UNLESS_STOPPED };

enum monitor_phase {
  PHASE_RUNNING,
  PHASE_DRAINING,   /* the first program has ended; its last output is read */
  PHASE_RESTARTING, /* waiting until the restart policy's pause is over */
  PHASE_LEAVING,    /* clients take their last frames */
  PHASE_DONE,
};

/* What epoll reports, beside an index in the low half. */
enum monitor_source { SOURCE_LISTEN = 1, SOURCE_SIGNAL, SOURCE_PROCESS, SOURCE_OUTPUT, SOURCE_INPUT, SOURCE_CLIENT, SOURCE_LEASE, SOURCE_NETWORK, SOURCE_NOTIFY, SOURCE_RESOLVER };

/* What a client that has asked for a probe is told of. */
enum health_wait { HEALTH_WAIT_NONE, HEALTH_WAIT_FOR_PROBE, HEALTH_WAIT_FOR_NEXT };

struct client {
  int fd; /* -1: free */
  uint16_t place;
  uint16_t generation; /* tells an event of a former client in this place from one of this client */
  uint32_t subscribed;
  bool has_sent_input;
  bool is_leaving;   /* to be closed when everything is sent */
  bool awaits_input; /* has STDIN bytes for which there is no room */
  uint8_t awaits_health; /* enum health_wait */
  bool chunk_due;    /* has not yet got all of the current chunk */
  bool is_starter;   /* began the run */
  uint32_t chunk_sent;
  uint8_t header[FRAME_HEADER_BYTES];
  uint8_t payload[8];
  char *text; /* payload of a CONNECT or DISCONNECT that is coming in */
  uint32_t text_used;
  uint8_t header_used, payload_used;
  uint32_t payload_left;
  uint8_t out[CLIENT_OUT_BYTES]; /* small frames under way */
  uint32_t out_used, out_sent;
  uint32_t armed; /* epoll events asked for */
  int64_t stalled_since; /* monotonic ms; 0: takes what it gets */
};

/* One output of the container: a pipe, or the master side of its terminal. */
struct output {
  int fd; /* -1: at its end */
  enum log_stream stream;
  bool is_armed;
  bool is_terminal;
  bool is_wide; /* the pipe is larger than usual */
  uint8_t torn_used;
  uint8_t torn[3]; /* the beginning of a character whose rest has not been written yet; not in the log so far */
};

/* Output that every subscribed client must get before more is read: that is the back-pressure. */
struct chunk {
  uint8_t header[FRAME_HEADER_BYTES];
  const uint8_t *data;
  uint32_t length;
  uint32_t waiting; /* clients that have not got all of it */
};

struct input {
  int fd;         /* -1: none, or closed; the terminal's master when there is one */
  bool is_armed;
  bool is_closing; /* to be closed when the buffer is written */
  uint32_t start, end;
  uint8_t *buffer;
};

struct health {
  pid_t probe;         /* its process; 0: none runs */
  int64_t probe_at;    /* monotonic ms; 0: none is due */
  uint32_t passes;     /* of the start-up check, in a row */
  bool has_started_up; /* the start-up check has succeeded */
  bool is_first;       /* no probe of this run has ended yet */
};

struct monitor {
  int dir_fd;
  struct plan *plan;
  struct monitor_settings settings;
  struct container_process process;
  struct memberships networks;
  struct handed *handed; /* descriptors for the container; NULL: none */
  struct state state;
  struct log_file log;
  struct log_journal journal;
  struct output outputs[2];
  struct input input;
  struct chunk chunk;
  struct client *client_blocks[CLIENT_BLOCKS];
  uint32_t client_room; /* of all blocks together */
  struct health health;
  uint8_t *read_buffer;
  uint32_t quiet_pumps; /* since there was much output; grows no further when the buffers are small again */
  int epoll_fd, listen_fd, signal_fd;
  int notify_fd; /* where the container tells that it is ready; -1: nowhere */
  bool is_passthrough; /* the container has the starter's own streams, which are PASSTHROUGH_FD and the next two */
  int secrets;  /* the memory of the container's secrets (secrets.h); -1: none */
  int lease_fd; /* of the process with which the container ends; -1: none */
  int claim_fd; /* holds the lock that makes us this container's one monitor */
  bool listen_is_armed;
  enum monitor_phase phase;
  uint16_t rows, columns;   /* of the terminal, as last told; 0: never */
  bool restart_is_cancelled;
  bool restart_is_forced;   /* whatever the policy says */
  bool is_stopping;         /* somebody has asked for the end */
  bool is_kept; /* the coming end is not for good: nothing is cleaned up */
  uint32_t pause_ms;        /* before the last restart */
  int64_t started_ms;       /* deadlines: monotonic ms, 0: none */
  int resolver_fd;          /* tells of changes to the host's resolv.conf; -1: none */
  uint64_t resolver_hash;   /* of what we wrote last; 0: not yet */
  int64_t resolver_time, resolver_at;
  pid_t keeper; /* ends the container when this process is killed; 0: none */
  int64_t rejoin_at; /* the process of a network has gone */
  int64_t helper_at, helper_started; /* when one that has ended is started again; when one last was */
  int32_t helper_pause_ms;
  bool is_off;       /* it has left its last network: the way out waits for the next one */
  int64_t kill_at, restart_at, timeout_at, drain_until, terminal_retry_at;
};

/* monitor-start.c */
int monitor_start_container(struct monitor *monitor, struct report *report);
void monitor_describe_failure(const struct report *report, char *out, size_t size);

/* monitor-keeper.c */
void monitor_keeper_start(struct monitor *monitor);
void monitor_keeper_end(struct monitor *monitor);

/* monitor-loop.c */
int monitor_loop(struct monitor *monitor);
int monitor_watch(struct monitor *monitor, int fd, uint32_t events, enum monitor_source source, uint32_t index);
void monitor_change(struct monitor *monitor, int fd, uint32_t events, enum monitor_source source, uint32_t index);
void monitor_unwatch(struct monitor *monitor, int fd);

/* monitor-output.c */
void monitor_outputs_arm(struct monitor *monitor, bool wanted);
void monitor_output_pump(struct monitor *monitor, struct output *output);
void monitor_outputs_close(struct monitor *monitor);
bool monitor_outputs_ended(const struct monitor *monitor);
/* Gives back what only much output needs. */
void monitor_outputs_trim(struct monitor *monitor);

/* monitor-input.c */
void monitor_input_write(struct monitor *monitor);
void monitor_input_end(struct monitor *monitor);
void monitor_input_close(struct monitor *monitor);
/* Reads up to limit STDIN bytes of a client; returns what recv returned, or -ENOBUFS when there is no room. */
ssize_t monitor_input_take(struct monitor *monitor, int fd, uint32_t limit);

/* monitor-end.c */
void monitor_process_ended(struct monitor *monitor);
void monitor_restart_helpers(struct monitor *monitor);
/* Ends the helpers and memberships of a container that is to have no network. */
int monitor_go_off(struct monitor *monitor);
void monitor_advance(struct monitor *monitor);
/* How long to wait before the next restart: `last_ms` is the pause before the last one (0: there was none), `run_ms` how long the run was. */
uint32_t monitor_restart_pause(uint32_t last_ms, int64_t run_ms);
void monitor_reap(struct monitor *monitor);

/* monitor-control.c: what clients and signals ask for */
int monitor_signal(struct monitor *monitor, uint32_t signal);
int monitor_stop(struct monitor *monitor, uint32_t signal, uint32_t timeout_ms);
int monitor_reload(struct monitor *monitor);

/* monitor-pause.c: 0 or -errno; -EALREADY where nothing is to be done, -EOPNOTSUPP where there is no way */
int monitor_pause(struct monitor *monitor);
int monitor_unpause(struct monitor *monitor);

/* Sends a signal without any meaning beyond it. */
int monitor_send_signal(struct monitor *monitor, uint32_t signal);
/* Ends the present run: `signal` (0: the container's own) now, SIGKILL after timeout_ms (UINT32_MAX: never). Whether another follows is
 * for the caller to say. */
int monitor_end_run(struct monitor *monitor, uint32_t signal, uint32_t timeout_ms);
/* Ends the present run and begins another, whatever the policy says. */
void monitor_restart_now(struct monitor *monitor);
void monitor_resize(struct monitor *monitor, uint16_t rows, uint16_t columns);

/* monitor-health.c */
void monitor_health_begin(struct monitor *monitor);
void monitor_health_end(struct monitor *monitor);
/* Goes by other settings from now on. */
void monitor_health_reload(struct monitor *monitor);
/* Starts a probe unless one runs. 0, or -errno: -ENOENT where the container has no check. */
int monitor_health_probe(struct monitor *monitor);
/* Takes the end of a child; false when it was no probe. */
bool monitor_health_reaped(struct monitor *monitor, pid_t pid, int status);

/* monitor-lease.c */
int monitor_lease_open(struct monitor *monitor);
void monitor_lease_ended(struct monitor *monitor);

/* monitor-resolver.c */
void monitor_resolver_begin(struct monitor *monitor);
void monitor_resolver_end(struct monitor *monitor);
void monitor_resolver_event(struct monitor *monitor);
void monitor_resolver_look(struct monitor *monitor);

/* monitor-network.c */
void monitor_watch_networks(struct monitor *monitor);
void monitor_network_event(struct monitor *monitor);
void monitor_rejoin(struct monitor *monitor);
int monitor_connect(struct monitor *monitor, char *text, uint32_t length);
int monitor_disconnect(struct monitor *monitor, const char *text);

/* monitor-notify.c */
int monitor_notify_open(struct monitor *monitor);
void monitor_notify_started(struct monitor *monitor);
void monitor_notify_healthy(struct monitor *monitor);
void monitor_notify_read(struct monitor *monitor);

/* monitor-pid-files.c: what cannot be written is noted in the state */
void monitor_pid_files_write(struct monitor *monitor);

/* monitor-trim.c */
/* Gives back the pages of a buffer that nothing is in. */
void monitor_trim_buffer(uint8_t *buffer, size_t bytes);
void monitor_trim(void);

/* control-socket.c */
int control_socket_listen(int dir_fd);
void control_socket_accept(struct monitor *monitor);
/* Takes the socket's name away, lets in whoever had connected before, and closes it. */
void control_socket_close(struct monitor *monitor);

/* control-client.c */
/* The client in a place below client_room; its fd is -1 where the place is free. */
struct client *control_client_at(const struct monitor *monitor, uint32_t index);
/* Whether there is room for another one. */
bool control_has_room(struct monitor *monitor);
struct client *control_client_add(struct monitor *monitor, int fd);
void control_client_close(struct monitor *monitor, struct client *client);
void control_client_event(struct monitor *monitor, uint32_t index, uint32_t events);
void control_client_read(struct monitor *monitor, struct client *client);
void control_clients_resume_input(struct monitor *monitor);
void control_client_rearm(struct monitor *monitor, struct client *client);

/* control-send.c */
void control_send(struct monitor *monitor, struct client *client, enum frame_type type, const void *payload, uint32_t length);
/* Tells those that have asked for a probe how it went, or, when that is an error, those that wait for the next one, too; else true if there are such. */
bool control_send_health(struct monitor *monitor, int32_t result);
void control_send_exit(struct monitor *monitor, uint32_t flags, bool is_last);
void control_flush(struct monitor *monitor, struct client *client);
/* Offers output to every subscribed client; chunk.waiting tells how many have not taken it all. */
void control_broadcast(struct monitor *monitor, enum log_stream stream, const uint8_t *data, uint32_t length);
/* When, after the end, a client is forgotten that takes nothing; 0: it takes what it gets, or may take its time. */
int64_t control_stalled_until(const struct monitor *monitor, const struct client *client);
void control_forget_stalled(struct monitor *monitor);
bool control_clients_are_idle(const struct monitor *monitor);

#endif
