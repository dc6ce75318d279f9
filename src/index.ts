/**
 * aioscope decodes packed Linux native AIO records (`struct iocb`, `struct io_event`,
 * `struct aio_ring`) into columns and exact statistics. This module works in every runtime; under
 * Node, paths can be opened too.
 *
 * @module
 */
export { ERRNO, ERRNO_INTERNAL, MAX_ERRNO } from './abi/errno.ts';
export {
  type Flag,
  IOCB_FLAG_IOPRIO,
  IOCB_FLAG_RESFD,
  IOCB_FLAGS,
  IOPRIO_CLASSES,
  IOPRIO_HINTS,
  POLL_FLAGS,
  RWF_FLAGS,
} from './abi/flag.ts';
export { GVISOR_FIELDS } from './abi/gvisor.ts';
export {
  errnoName,
  type IoPriority,
  iocbFlagNames,
  ioPriority,
  opcodeName,
  pollNames,
  rwFlagNames,
} from './abi/name.ts';
export * from './abi/opcode.ts';
export {
  AIO_RING_MAGIC,
  type AIORing,
  AIORingSize,
  aioRing,
  type Columns,
  type Field,
  type IOCallback,
  IOCallbackSize,
  type IOEvent,
  IOEventSize,
  iocb,
  ioEvent,
  type Meaning,
  type RecordKind,
  type RecordLayout,
  type RecordObject,
} from './abi/record.ts';
export { RELEASES } from './abi/release.ts';
export {
  IO_EVENT_RULES,
  IOCB_RULES,
  type IocbRuleName,
  type IoEventRuleName,
  PROFILES,
  type ProfileName,
  RING_RULES,
  type RingRuleName,
  RULE_CLASSES,
  type Rule,
  type RuleClass,
} from './abi/rule.ts';
export type { ScalarArray, ScalarType, ScalarValue } from './abi/scalar.ts';
export {
  Check,
  type CheckJson,
  type CheckOptions,
  check,
  type IocbCheckJson,
  type RingCheck,
} from './analysis/check/check.ts';
export type { RecordPlace, RuleCount, RuleCountsJson } from './analysis/check/rule-counts.ts';
export type { FsyncJson, MatchGroup, MatchJson, MatchQuality } from './analysis/match/json.ts';
export type { LatencyJson } from './analysis/match/latency.ts';
export { type Match, match } from './analysis/match/match.ts';
export { MATCH_KEYS, MATCH_ORDERS, type MatchOptions } from './analysis/match/options.ts';
export type { DepthBucket, MatchedError, ReuseJson, ShortJson } from './analysis/match/outcome.ts';
export type { PairBatch } from './analysis/match/pair-batch.ts';
export { openPairs, type PairOptions, type PairStream } from './analysis/match/pairs.ts';
export type { SlowPair } from './analysis/match/slowest.ts';
export type {
  AlignmentCount,
  AlignmentJson,
  GranularityJson,
} from './analysis/report/alignment.ts';
export type { BatchesJson } from './analysis/report/batches.ts';
export type { CompletionChartsJson, CompletionsJson } from './analysis/report/completions.ts';
export type { DistinctJson } from './analysis/report/distinct.ts';
export type { PercentilesJson } from './analysis/report/fine-histogram.ts';
export type { FlushJson } from './analysis/report/flush.ts';
export type { AxisJson } from './analysis/report/fold-axis.ts';
export type { GridJson } from './analysis/report/fold-grid.ts';
export type { MatchedJson, MatchFigures, ReportPairOptions } from './analysis/report/matched.ts';
export type { MisalignedJson } from './analysis/report/pair-figures.ts';
export type { PollJson } from './analysis/report/poll.ts';
export { Report, type ReportJson, type ReportOptions, report } from './analysis/report/report.ts';
export type { RingImageJson, RingStepJson } from './analysis/report/rings.ts';
export type { SizesJson, SubmissionSizesJson, VectorsJson } from './analysis/report/sizes.ts';
export type {
  Pattern,
  PatternsJson,
  RangeCount,
  StreamJson,
} from './analysis/report/stream-json.ts';
export type { SubmissionChartsJson, SubmissionsJson } from './analysis/report/submissions.ts';
export type { WorkingSetJson } from './analysis/report/working-set.ts';
export type { ColumnStatsJson } from './analysis/summary/column-stats.ts';
export type { IoEventJson } from './analysis/summary/io-event-section.ts';
export type { IocbJson } from './analysis/summary/iocb-section.ts';
export type { Log2Bucket } from './analysis/summary/section.ts';
export { type SummarizeOptions, summarize } from './analysis/summary/summarize.ts';
export {
  Summary,
  type SummaryInput,
  type SummaryJson,
  type SummaryRing,
  type SummaryState,
} from './analysis/summary/summary.ts';
export { ENGINES, type EngineName, type EngineOption } from './engine/kernel.ts';
export { AioscopeError, type ErrorCode, type Message, type MissingColumn } from './errors.ts';
export { type GenerateOptions, generate } from './generate/generate.ts';
export { type Guess, type PartialFormat, possibleSchemas } from './layout/detect.ts';
export { type EncodableRecord, type EncodeOptions, encode } from './layout/encode.ts';
export { type EnvelopeField, type Layout, parseLayout } from './layout/layout.ts';
export type {
  FieldArray,
  FieldsOf,
  FieldTypes,
  FieldValue,
  RecordOf,
} from './layout/layout-type.ts';
export { PRESETS, type PresetName } from './layout/preset.ts';
export {
  type CheckOption,
  type ColumnSource,
  ENDIANS,
  type Endian,
  type FormatOptions,
  KINDS,
  type Kind,
  resolveSchema,
  type Schema,
} from './layout/schema.ts';
export type { SelectOptions } from './layout/where.ts';
export { type CsvOptions, csvCell, csvHeader, csvRows } from './sinks/csv.ts';
export { ndjsonRows } from './sinks/ndjson.ts';
export {
  INT64_FORMS,
  INT64_JSON,
  type Int64Form,
  placeNames,
  placeOf,
  type RowOptions,
  selectColumns,
} from './sinks/rows.ts';
export { PARQUET_CODECS, type TableOptions, TS_TYPES } from './sinks/table.ts';
export { RecordBatch } from './stream/batch.ts';
export type { BatchColumns, BatchRecord } from './stream/batch-type.ts';
export type { AnalyzeOptions } from './stream/block-reader.ts';
export type { BatchStream } from './stream/coalesce.ts';
export type { Cursor } from './stream/cursor.ts';
export { DecodedBatch, decode } from './stream/decode.ts';
export type { ColumnArray } from './stream/decoder.ts';
export { type FoundRing, findRings } from './stream/find-rings.ts';
export { type Inspection, type InspectOptions, inspect } from './stream/inspect.ts';
export type { Value } from './stream/named.ts';
export { Opened, type OpenSourceOptions, openSource } from './stream/open-source.ts';
export {
  type ByteOptions,
  COMPRESSIONS,
  type CompressionOption,
  type DecodeOptions,
  type OpenOptions,
  type Progress,
  type Quality,
  type ReadOptions,
  type WorkersOption,
} from './stream/options.ts';
export { open, RecordReader } from './stream/reader.ts';
export type { RingState, SlotState } from './stream/ring.ts';
export type { ByteSource, Source } from './stream/source.ts';
export { version } from './version.ts';
