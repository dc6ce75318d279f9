// What the page shows: files, their results, the selected range, the view.
import { computed, type Signal, signal } from '@preact/signals';
import type { Progress } from '../index.ts';
import type { OpenedFile, Session, SurveyResult, TimeRange } from './session.ts';

export const VIEWS = ['overview', 'time', 'requests', 'records', 'latency', 'race'] as const;
export type ViewName = (typeof VIEWS)[number];

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** A sentence about something that failed. */
export interface PageFault {
  readonly code?: string;
  readonly message: string;
  /** The range that was read; undefined of anything else. */
  readonly range?: TimeRange;
}

/** A record: the place of its file, and its index there. */
export interface Place {
  readonly file: number;
  readonly index: number;
}

export const session: Signal<Session | null> = signal(null);
export const files: Signal<readonly OpenedFile[]> = signal([]);
/** Of all bytes read so far, and in the end of all. */
export const whole: Signal<SurveyResult | null> = signal(null);
/** Of the selected range. */
export const ranged: Signal<SurveyResult | null> = signal(null);
/** A range of the address, which is selected once all bytes are read: times are known then. */
export const wantedRange: Signal<TimeRange | null> = signal(null);
export const range: Signal<TimeRange | null> = signal(null);
export const progress: Signal<Progress | null> = signal(null);
export const rangeProgress: Signal<Progress | null> = signal(null);
/** Milliseconds that reading the range took; null until it is read. */
export const rangeMs: Signal<number | null> = signal(null);
export const isDone = signal(false);
/** Whether reading was stopped before its end. */
export const isStopped = signal(false);
export const fault: Signal<PageFault | null> = signal(null);
export const view: Signal<ViewName> = signal('overview');
export const place: Signal<Place> = signal({ file: 0, index: 0 });
export const theme: Signal<Theme> = signal('auto');

/** What the views show: the range, as soon as something of it is known; until then the whole. */
export const shown = computed(() => ranged.value ?? whole.value);
