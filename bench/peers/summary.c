// The statistics of a summary in C: cc -O3 -march=native -pthread -o summary bench/peers/summary.c
// summary io_event|iocb FILE read|mmap THREADS prints what aioscope's --json does (without its counts by descriptor, flags and priority).
// A block is dealt out into columns that stay in the cache; the loops over them are plain, and the compiler vectorises them.
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 2048, READ_BYTES = 1 << 20, COLUMNS_MAX = 12, SLOTS = 64 + 4097, TABLES = 4, OPCODES = 65536, LENGTHS = 65 };

typedef struct { uint64_t data, obj; int64_t res, res2; } io_event;
typedef struct {
  uint64_t data; uint32_t key, rw_flags; uint16_t opcode; int16_t reqprio; uint32_t fildes;
  uint64_t buf, nbytes; int64_t offset; uint64_t reserved2; uint32_t flags, resfd;
} iocb;
typedef struct { uint64_t count, low, high; } request;
typedef struct { int64_t min, max; uint64_t umin, umax; uint64_t low; int64_t high; } stats;
typedef struct {
  stats columns[COLUMNS_MAX];
  uint64_t results[TABLES][SLOTS], lengths[16][LENGTHS], records;
  request opcodes[OPCODES];
} state;
typedef struct { const char *file; int iocb, map; off_t begin, end; state *state; pthread_t thread; } range;

// min, max and the two halves' sums of one column of a block: at most 2^20 values, so 64 bits hold the sums.
#define TALLY(name, type, least, most, sum_high)                                   \
  static void name(stats *s, const type *v, long n) {                              \
    type min = v[0], max = v[0]; uint64_t low = 0; int64_t high = 0;               \
    for (long i = 0; i < n; i++) {                                                 \
      min = v[i] < min ? v[i] : min; max = v[i] > max ? v[i] : max;                \
      low += (uint32_t)v[i]; sum_high;                                             \
    }                                                                              \
    if (min < s->least) s->least = min;                                            \
    if (max > s->most) s->most = max;                                              \
    s->low += low; s->high += high;                                                \
  }
TALLY(tally_u64, uint64_t, umin, umax, high += v[i] >> 32)
TALLY(tally_i64, int64_t, min, max, high += v[i] >> 32)
TALLY(tally_u32, uint32_t, umin, umax, (void)0)
TALLY(tally_u16, uint16_t, umin, umax, (void)0)
TALLY(tally_i16, int16_t, min, max, high += v[i] >> 15)

static int bits(uint64_t v) { return v == 0 ? 0 : 64 - __builtin_clzll(v); }

static void count_events(state *s, const io_event *from, long n) {
  static __thread uint64_t data[BLOCK], obj[BLOCK];
  static __thread int64_t res[BLOCK], res2[BLOCK];
  for (long i = 0; i < n; i++) {
    data[i] = from[i].data; obj[i] = from[i].obj; res[i] = from[i].res; res2[i] = from[i].res2;
  }
  tally_u64(&s->columns[0], data, n);
  tally_u64(&s->columns[1], obj, n);
  tally_i64(&s->columns[2], res, n);
  tally_i64(&s->columns[3], res2, n);
  for (long i = 0; i < n; i++) s->results[i % TABLES][res[i] >= 0 ? bits(res[i]) : res[i] < -4095 ? SLOTS - 1 : 64 - res[i]]++;
  s->records += n;
}

static void count_requests(state *s, const iocb *from, long n) {
  static __thread uint64_t data[BLOCK], buf[BLOCK], nbytes[BLOCK], reserved2[BLOCK];
  static __thread int64_t offset[BLOCK];
  static __thread uint32_t key[BLOCK], rw_flags[BLOCK], flags[BLOCK], resfd[BLOCK];
  static __thread uint32_t fildes[BLOCK];
  static __thread uint16_t opcode[BLOCK];
  static __thread int16_t reqprio[BLOCK];
  for (long i = 0; i < n; i++) {
    data[i] = from[i].data; key[i] = from[i].key; rw_flags[i] = from[i].rw_flags; opcode[i] = from[i].opcode;
    reqprio[i] = from[i].reqprio; fildes[i] = from[i].fildes; buf[i] = from[i].buf; nbytes[i] = from[i].nbytes;
    offset[i] = from[i].offset; reserved2[i] = from[i].reserved2; flags[i] = from[i].flags; resfd[i] = from[i].resfd;
  }
  tally_u64(&s->columns[0], data, n); tally_u32(&s->columns[1], key, n); tally_u32(&s->columns[2], rw_flags, n);
  tally_u16(&s->columns[3], opcode, n); tally_i16(&s->columns[4], reqprio, n); tally_u32(&s->columns[5], fildes, n);
  tally_u64(&s->columns[6], buf, n); tally_u64(&s->columns[7], nbytes, n); tally_i64(&s->columns[8], offset, n);
  tally_u64(&s->columns[9], reserved2, n); tally_u32(&s->columns[10], flags, n); tally_u32(&s->columns[11], resfd, n);
  for (long i = 0; i < n; i++) {
    request *r = &s->opcodes[opcode[i]];
    r->count++; r->low += (uint32_t)nbytes[i]; r->high += nbytes[i] >> 32;
    if (opcode[i] < 16) s->lengths[opcode[i]][bits(nbytes[i])]++;
  }
  s->records += n;
}

static void count(range *r, const char *bytes, long length) {
  long size = r->iocb ? sizeof(iocb) : sizeof(io_event);
  for (long at = 0; at + size <= length; at += BLOCK * size) {
    long n = (length - at) / size < BLOCK ? (length - at) / size : BLOCK;
    if (r->iocb) count_requests(r->state, (const iocb *)(bytes + at), n);
    else count_events(r->state, (const io_event *)(bytes + at), n);
  }
}

static void *work(void *argument) {
  range *r = argument;
  long length = r->end - r->begin;
  int fd = open(r->file, O_RDONLY);
  if (fd < 0) exit(1);
  if (r->map) {
    if (length > 0) {
      char *bytes = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, r->begin);
      if (bytes == MAP_FAILED) exit(1);
      madvise(bytes, length, MADV_SEQUENTIAL);
      count(r, bytes, length);
    }
  } else {
    char *bytes = aligned_alloc(4096, READ_BYTES);
    for (long done = 0; done < length;) {
      long want = length - done < READ_BYTES ? length - done : READ_BYTES, got = 0;
      for (long now = 1; now > 0 && got < want; got += now) now = pread(fd, bytes + got, want - got, r->begin + done + got);
      count(r, bytes, got);
      done += want;
    }
  }
  close(fd);
  return NULL;
}

static void print128(__int128 v) {
  char text[48], *at = text + sizeof text;
  int negative = v < 0;
  unsigned __int128 rest = negative ? -(unsigned __int128)v : (unsigned __int128)v;
  *--at = 0;
  do *--at = '0' + (int)(rest % 10); while (rest /= 10);
  printf("%s%s", negative ? "-" : "", at);
}

static void print_buckets(const char *name, const uint64_t *counts, const uint64_t *more) {
  const char *comma = "";
  printf(",\"%s\":[", name);
  for (int b = 0; b < 65; b++) {
    uint64_t n = (b < 64 || more ? counts[b] : 0) + (more ? more[b] : 0);
    if (n > 0) printf("%s{\"from\":\"%llu\",\"count\":%llu}", comma, b ? 1ULL << (b - 1) : 0ULL, (unsigned long long)n), comma = ",";
  }
  printf("]");
}

static void merge(state *to, const state *from) {
  for (int c = 0; c < COLUMNS_MAX; c++) {
    stats *a = &to->columns[c]; const stats *b = &from->columns[c];
    if (b->min < a->min) a->min = b->min;
    if (b->max > a->max) a->max = b->max;
    if (b->umin < a->umin) a->umin = b->umin;
    if (b->umax > a->umax) a->umax = b->umax;
    a->low += b->low; a->high += b->high;
  }
  for (int t = 0; t < TABLES; t++) for (int i = 0; i < SLOTS; i++) to->results[0][i] += from->results[t][i];
  for (int o = 0; o < 16; o++) for (int i = 0; i < LENGTHS; i++) to->lengths[o][i] += from->lengths[o][i];
  for (int o = 0; o < OPCODES; o++) {
    to->opcodes[o].count += from->opcodes[o].count; to->opcodes[o].low += from->opcodes[o].low; to->opcodes[o].high += from->opcodes[o].high;
  }
  to->records += from->records;
}

static state *new_state(void) {
  state *s = calloc(1, sizeof *s);
  for (int c = 0; c < COLUMNS_MAX; c++) s->columns[c] = (stats){ INT64_MAX, INT64_MIN, UINT64_MAX, 0, 0, 0 };
  return s;
}

static void print(const state *s, int is_iocb) {
  static const char *names[2][COLUMNS_MAX] = {
    { "data", "obj", "res", "res2" },
    { "aio_data", "aio_key", "aio_rw_flags", "aio_lio_opcode", "aio_reqprio", "aio_fildes", "aio_buf", "aio_nbytes", "aio_offset",
      "aio_reserved2", "aio_flags", "aio_resfd" } };
  static const char *is_signed[2] = { "0011", "000010001000" };
  printf("{\"records\":%llu,\"columns\":{", (unsigned long long)s->records);
  for (int c = 0; c < (is_iocb ? 12 : 4); c++) {
    const stats *t = &s->columns[c];
    int sign = is_signed[is_iocb][c] == '1';
    printf("%s\"%s\":{\"min\":\"", c ? "," : "", names[is_iocb][c]);
    print128(sign ? (__int128)t->min : (__int128)t->umin); printf("\",\"max\":\"");
    print128(sign ? (__int128)t->max : (__int128)t->umax); printf("\",\"sum\":\"");
    print128(((__int128)t->high << 32) + t->low); printf("\"}");
  }
  printf("}");
  const char *comma = "";
  if (is_iocb) {
    printf(",\"opcodes\":[");
    for (int o = 0; o < OPCODES; o++) {
      const request *r = &s->opcodes[o];
      if (r->count == 0) continue;
      printf("%s{\"opcode\":%d,\"count\":%llu,\"nbytes\":\"", comma, o, (unsigned long long)r->count), comma = ",";
      print128(((__int128)r->high << 32) + r->low); printf("\"}");
    }
    printf("]");
    print_buckets("sizes", s->lengths[0], s->lengths[1]);
    print_buckets("iovecs", s->lengths[7], s->lengths[8]);
  } else {
    printf(",\"errors\":[");
    for (int e = 1; e <= 4095; e++)
      if (s->results[0][64 + e]) printf("%s{\"errno\":%d,\"count\":%llu}", comma, e, (unsigned long long)s->results[0][64 + e]), comma = ",";
    printf("]");
    print_buckets("sizes", s->results[0], NULL);
  }
  printf("}\n");
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int is_iocb = strcmp(argv[1], "iocb") == 0, threads = atoi(argv[4]);
  struct stat file;
  if (stat(argv[2], &file) != 0) return 1;
  off_t pages = file.st_size / 4096;
  range *ranges = calloc(threads, sizeof *ranges);
  for (int t = 0; t < threads; t++) {
    off_t end = t == threads - 1 ? file.st_size : pages * (t + 1) / threads * 4096;
    ranges[t] = (range){ argv[2], is_iocb, strcmp(argv[3], "mmap") == 0, pages * t / threads * 4096, end, new_state(), 0 };
    pthread_create(&ranges[t].thread, NULL, work, &ranges[t]);
  }
  state *all = new_state();
  for (int t = 0; t < threads; t++) {
    pthread_join(ranges[t].thread, NULL);
    merge(all, ranges[t].state);
  }
  print(all, is_iocb);
  char line[256];
  long kb = 0;
  FILE *status = fopen("/proc/self/status", "r");
  while (status && kb == 0 && fgets(line, sizeof line, status)) sscanf(line, "VmHWM: %ld", &kb);
  fprintf(stderr, "%ld", kb);
  return 0;
}
