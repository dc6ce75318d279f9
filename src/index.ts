/**
 * Reads packed Linux native AIO records (`struct iocb`, `struct io_event`, `struct aio_ring`) as
 * columns, and summarizes, checks, matches and reports them: in every runtime, with paths as
 * sources under Node, Bun and Deno.
 *
 * @example
 * ```js
 * import { open, summarize } from 'aioscope';
 *
 * const path = 'examples/fio_nowait.ioev';
 * let bytes = 0n;
 * for await (const { columns } of open(path, { kind: 'io_event' }))
 *   for (const res of columns.res) if (res > 0n) bytes += res;
 * const { io_event } = (await summarize(path)).toJSON();
 * console.log(`${bytes} bytes moved; ${io_event?.failed} completions failed`);
 * ```
 *
 * ```text
 * 6303744 bytes moved; 2557 completions failed
 * ```
 *
 * @module
 */
// First, so that a bundle has the embedded kernels in one piece, which compresses better.
import './engine/sets.ts';

export type {
  AIORing,
  Columns,
  Field,
  IOCallback,
  IOEvent,
  Meaning,
  RecordKind,
  RecordLayout,
  RecordObject,
} from './abi/record.ts';
export type { IocbRuleName, IoEventRuleName, ProfileName, RingRuleName } from './abi/rule.ts';
export type { ScalarArray, ScalarType, ScalarValue } from './abi/scalar.ts';
export type { Check, CheckJson, CheckState, IocbCheckJson } from './analysis/check/check.ts';
export { type CheckOptions, check } from './analysis/check/check-source.ts';
export type { RingCheck } from './analysis/check/ring-check.ts';
export type { RecordPlace, RuleCount, RuleCountsJson } from './analysis/check/rule-counts.ts';
export {
  FINDING_IDS,
  type Finding,
  type FindingId,
  type FindingOf,
  type FindingPlace,
  type FindingRecord,
  type Severity,
} from './analysis/findings/finding.ts';
export type { FindingEvidence, FindingGroup } from './analysis/findings/finding-evidence.ts';
export type { FsyncJson, MatchGroup, MatchJson, MatchQuality } from './analysis/match/json.ts';
export type { LatencyJson } from './analysis/match/latency-json.ts';
export { match } from './analysis/match/match.ts';
export { matchRings, type RingMatch } from './analysis/match/match-rings.ts';
export type { Mismatch } from './analysis/match/mismatch.ts';
export type { OpenBatch } from './analysis/match/open-requests.ts';
export {
  type OpenRequestOptions,
  type OpenRequestStream,
  openRequests,
} from './analysis/match/open-stream.ts';
export type { MatchOptions } from './analysis/match/options.ts';
export type { ShortJson } from './analysis/match/outcome.ts';
export type { DepthBucket, MatchedError, ReuseJson } from './analysis/match/outcome-json.ts';
export type { PairBatch } from './analysis/match/pair-batch.ts';
export { openPairs, type PairOptions, type PairStream } from './analysis/match/pairs.ts';
export type { Match } from './analysis/match/result.ts';
export type {
  OpenRequest,
  RingHistoryJson,
  RingMatchGroup,
  RingMatchJson,
  RingOpenJson,
  RingPlaceJson,
} from './analysis/match/ring-json.ts';
export type { RingMatchOptions } from './analysis/match/ring-read.ts';
export type { SilenceJson } from './analysis/match/silences-json.ts';
export type { SlowPair } from './analysis/match/slowest.ts';
export type {
  OpenGroup,
  OpenJson,
  OpenRequestJson,
  UnmatchedJson,
} from './analysis/match/unmatched-json.ts';
export type {
  AlignmentCount,
  AlignmentJson,
  GranularityJson,
} from './analysis/report/alignment.ts';
export { report } from './analysis/report/analyze.ts';
export type { BatchesJson, BatchJson, CallsJson } from './analysis/report/batches.ts';
export type { CompletionChartsJson, CompletionsJson } from './analysis/report/completions.ts';
export type { DistinctJson } from './analysis/report/distinct.ts';
export type { PercentilesJson } from './analysis/report/fine-histogram.ts';
export type { FlushJson } from './analysis/report/flush.ts';
export type { AxisJson } from './analysis/report/fold-axis.ts';
export type { GridJson } from './analysis/report/fold-grid.ts';
export type { LatencyByPriorityJson, LatencyBySizeJson } from './analysis/report/latency-groups.ts';
export type {
  MatchedJson,
  MatchFailure,
  MatchFigures,
  ReportPairOptions,
} from './analysis/report/matched.ts';
export type { DescriptorOffsetsJson } from './analysis/report/offset-maps.ts';
export type { MisalignedJson } from './analysis/report/pair-figures.ts';
export type { PollJson } from './analysis/report/poll.ts';
export type { RefusedGroup, RefusedJson } from './analysis/report/refused.ts';
export type { Report, ReportOptions, ReportState } from './analysis/report/report.ts';
export type { ReportJson } from './analysis/report/report-json.ts';
export type { RingImageJson, RingStepJson } from './analysis/report/rings.ts';
export type { SizesJson } from './analysis/report/sizes.ts';
export type { ProcessSizesJson, SizeRangeJson } from './analysis/report/sizes-by-process.ts';
export type {
  Pattern,
  PatternsJson,
  RangeCount,
  StreamJson,
} from './analysis/report/stream-json.ts';
export type { SubmissionChartsJson } from './analysis/report/submission-charts.ts';
export type { SubmissionSizesJson, VectorsJson } from './analysis/report/submission-sizes.ts';
export type { SubmissionsJson } from './analysis/report/submissions.ts';
export type { WorkingSetJson } from './analysis/report/working-set.ts';
export type { ColumnStatsJson } from './analysis/summary/column-stats.ts';
export type { IoEventJson } from './analysis/summary/io-event-section.ts';
export type { DescriptorJson, IocbJson } from './analysis/summary/iocb-json.ts';
export type { Log2Bucket } from './analysis/summary/section.ts';
export { type SummarizeOptions, summarize } from './analysis/summary/summarize.ts';
export {
  Summary,
  type SummaryInput,
  type SummaryJson,
  type SummaryRing,
  type SummaryState,
} from './analysis/summary/summary.ts';
export type { SurveyGrowOptions } from './analysis/survey/grow-options.ts';
export {
  type Survey,
  type SurveyManyOptions,
  type SurveyOptions,
  type SurveyPartial,
  survey,
} from './analysis/survey/survey.ts';
export { Zones } from './analysis/survey/zones.ts';
export type { EngineJson, EngineName, EngineOption, EngineUse } from './engine/kernel.ts';
export { useKernel } from './engine/wasm.ts';
export { AioscopeError, type ErrorCode, type Message, type MissingColumn } from './errors.ts';
export type { Guess, PartialFormat } from './layout/detect.ts';
export { type EncodableRecord, type EncodeOptions, encode } from './layout/encode.ts';
export type { EnvelopeField, Layout } from './layout/layout.ts';
export type {
  FieldArray,
  FieldsOf,
  FieldTypes,
  FieldValue,
  RecordOf,
} from './layout/layout-type.ts';
export type { PresetName } from './layout/preset.ts';
export type { RunNames, TraceDescriptor, TraceProcess } from './layout/run-names.ts';
export {
  type CheckOption,
  type ColumnSource,
  type Endian,
  type FormatOptions,
  type Kind,
  resolveSchema,
  type Schema,
} from './layout/schema.ts';
export type { SelectOptions } from './layout/where.ts';
export type { AnalyzeOptions } from './stream/analysis-reader.ts';
export type { RecordBatch } from './stream/batch.ts';
export type { BatchColumns, BatchRecord, ColumnName } from './stream/batch-type.ts';
export type { BatchStream } from './stream/coalesce.ts';
export type { Cursor } from './stream/cursor.ts';
export { type DecodedBatch, decode } from './stream/decode.ts';
export type { ColumnArray } from './stream/decoder.ts';
export { type FoundRing, findRings } from './stream/find-rings.ts';
export type { GlobalType } from './stream/global-type.ts';
export { type Inspection, type InspectOptions, inspect } from './stream/inspect.ts';
export type { Value } from './stream/named.ts';
export { open } from './stream/open.ts';
export { type Opened, type OpenSourceOptions, openSource } from './stream/open-source.ts';
export type {
  ByteOptions,
  CompressionOption,
  DecodeOptions,
  OpenOptions,
  Progress,
  Quality,
  ReadOptions,
  WorkersOption,
} from './stream/options.ts';
export type { RecordReader } from './stream/reader.ts';
export type { RingState, SlotState } from './stream/ring.ts';
export type {
  ByteSource,
  ByteStream,
  FetchedResponse,
  OpenFile,
  Source,
} from './stream/source.ts';
export type { CallBytes, StreamName, StreamSet } from './stream/stream-set.ts';
export { version } from './version.ts';
