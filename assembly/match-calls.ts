import { MatchState, SAME_CALL_NS } from "./match-state";
import { refusedCallAt } from "./match-table";

/** Notes that a submission was refused: later ones of its call end with it. */
export function refuse(state: MatchState, row: usize, ts: u64): void {
  const tid = load<u32>(state.tid + (row << 2)), call = refusedCallAt(state, tid);
  call.ts = ts;
  call.tid = tid;
  call.isSet = 1;
  state.hasRefusedCalls = 1;
}

/** Whether a submission is of the call of one that was refused just before. */
export function isWithCall(state: MatchState, row: usize, ts: u64): bool {
  const tid = load<u32>(state.tid + (row << 2)), call = refusedCallAt(state, tid);
  return call.isSet && call.tid == tid && ts - call.ts <= SAME_CALL_NS;
}
