import {
  COUNT,
  CURSORS,
  classOf,
  closeRun,
  countStride,
  ENDS,
  ENDS_FIRST,
  endsOf,
  FIRST_CLASS,
  FIRST_DISTANCE,
  FIRST_END,
  FIRST_START,
  HEAD_CLOSED,
  HEAD_RUN,
  HEAD_SIZE,
  INTERLEAVED,
  LAST_DISTANCE,
  LAST_END,
  LAST_START,
  MISSES,
  MISSES_COUNT,
  NEAR,
  RUN,
  RUN_SIZE,
  SEEKS,
  SEQUENTIAL,
  STRIDE_MAX,
  STRIDE_MIN,
  STRIDED,
  type Stream,
  seekBucket,
} from './stream.ts';

/** What the first requests of `b` are, now that it is known what came before: they were counted as if nothing had. */
function mergeDistances(a: Stream, b: Stream, vectored: boolean): boolean {
  const distance = b[FIRST_START] - a[LAST_END];
  const what = classOf(
    b[FIRST_START],
    b[FIRST_END],
    distance,
    a[LAST_START],
    a[LAST_DISTANCE],
    vectored,
  );
  a[what] += 1;
  a[seekBucket(distance)] += 1;
  if (what === STRIDED) countStride(a, distance);
  const previous = distance === 0 ? a[LAST_DISTANCE] : distance;
  const isStride =
    b[FIRST_DISTANCE] !== 0 && b[FIRST_DISTANCE] === previous && b[FIRST_CLASS] >= NEAR;
  if (isStride) {
    a[b[FIRST_CLASS]] -= 1;
    a[STRIDED] += 1;
    countStride(a, previous);
  }
  if (a[FIRST_DISTANCE] === 0) {
    a[FIRST_DISTANCE] = distance === 0 ? b[FIRST_DISTANCE] : distance;
    a[FIRST_CLASS] = distance === 0 ? b[FIRST_CLASS] : what;
  }
  a[LAST_DISTANCE] = b[LAST_DISTANCE] === 0 ? previous : b[LAST_DISTANCE];
  return what === SEQUENTIAL;
}

function mergeRuns(a: Stream, b: Stream, isJoined: boolean): void {
  const head = b[HEAD_CLOSED] === 1 ? [b[HEAD_RUN], b[HEAD_SIZE]] : [b[RUN], b[RUN_SIZE]];
  if (isJoined) {
    a[RUN] += head[0];
    a[RUN_SIZE] += head[1];
  } else {
    closeRun(a);
    [a[RUN], a[RUN_SIZE]] = head;
  }
  if (b[HEAD_CLOSED] === 0) return;
  closeRun(a);
  a[RUN] = b[RUN];
  a[RUN_SIZE] = b[RUN_SIZE];
}

/**
 * Lead the requests of `b` that no stream of `b` led to back to streams of `a`. After eight of those none of `a` is left,
 * so eight are all that has to be known; and what follows a stream of `b` does so in the whole too.
 */
function mergeEnds(a: Stream, b: Stream): void {
  const left = endsOf(a);
  for (let i = 0; i < b[MISSES_COUNT]; i++) {
    const start = b[MISSES + i];
    const found = left.indexOf(start);
    if (found >= 0) {
      left.splice(found, 1);
      a[INTERLEAVED] += 1;
      continue;
    }
    if (a[MISSES_COUNT] < CURSORS) a[MISSES + a[MISSES_COUNT]++] = start;
    if (left.length + i >= CURSORS) left.pop();
  }
  a.fill(-1, ENDS, ENDS + CURSORS);
  a[ENDS_FIRST] = 0;
  a.set([...endsOf(b), ...left].slice(0, CURSORS), ENDS);
}

/** Add the part `b` of a stream behind the part `a`. */
export function mergeStreams(a: Stream, b: Stream, vectored: boolean): void {
  if (b[COUNT] === 0) return;
  if (a[COUNT] === 0) {
    a.set(b);
    return;
  }
  const isJoined = mergeDistances(a, b, vectored);
  // Counts lie before the last request, and from the histograms on.
  for (let i = 0; i < LAST_START; i++) a[i] += b[i];
  for (let i = SEEKS; i < a.length; i++) a[i] += b[i];
  a[STRIDE_MIN] = Math.min(a[STRIDE_MIN], b[STRIDE_MIN]);
  a[STRIDE_MAX] = Math.max(a[STRIDE_MAX], b[STRIDE_MAX]);
  mergeRuns(a, b, isJoined);
  if (!vectored) mergeEnds(a, b);
  a[LAST_START] = b[LAST_START];
  a[LAST_END] = b[LAST_END];
}
