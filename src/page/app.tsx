// The whole page: the empty one, or the views of what is open.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { openSources, show } from './actions.ts';
import { droppedSources } from './dropped.ts';
import { listenToKeys } from './keys.ts';
import { isKnown } from './session.ts';
import { files, place, session, view } from './state.ts';
import { Drop } from './views/drop.tsx';
import { Latency } from './views/latency.tsx';
import { OverTime } from './views/over-time.tsx';
import { Overview } from './views/overview.tsx';
import { RaceView as Race } from './views/race.tsx';
import { RecordsView as Records } from './views/records.tsx';
import { Requests } from './views/requests.tsx';
import { FaultToast, Header, KeysDialog, RangeBar, ReadProgress, Tabs } from './views/shell.tsx';

function View() {
  const current = session.value;
  if (current === null) return null;
  switch (view.value) {
    case 'overview':
      return <Overview />;
    case 'time':
      return <OverTime />;
    case 'requests':
      return <Requests />;
    case 'latency':
      return <Latency />;
    case 'records':
      return files.value.length === 0 ? null : (
        <Records session={current} files={files.value} place={place} />
      );
    case 'race':
      return files.value.length === 0 ? null : (
        <div class="card">
          <h2>WebAssembly against JavaScript</h2>
          <Race
            session={current}
            files={files.value}
            file={Math.max(0, files.value.findIndex(isKnown))}
          />
        </div>
      );
  }
}

/** Takes files that are dropped anywhere on the page. Returns whether some are over it. */
function useDrops() {
  const isOver = useSignal(false);
  useEffect(() => {
    const over = (event: DragEvent) => {
      event.preventDefault();
      isOver.value = true;
    };
    const leave = ({ relatedTarget }: DragEvent) => {
      if (relatedTarget === null) isOver.value = false;
    };
    const drop = async (event: DragEvent) => {
      event.preventDefault();
      isOver.value = false;
      if (event.dataTransfer !== null)
        await droppedSources(event.dataTransfer).then(openSources).catch(show);
    };
    const all = { dragover: over, dragleave: leave, drop } as const;
    for (const [name, listener] of Object.entries(all))
      addEventListener(name, listener as EventListener);
    return () => {
      for (const [name, listener] of Object.entries(all))
        removeEventListener(name, listener as EventListener);
    };
  }, []);
  return isOver;
}

export function App() {
  const isOver = useDrops();
  const showKeys = useRef(() => {});
  useEffect(() => listenToKeys(() => showKeys.current()), []);
  const isOpen = session.value !== null;
  return (
    <div class="page">
      <Header onKeys={() => showKeys.current()} />
      {isOpen && <Tabs />}
      <ReadProgress />
      <RangeBar />
      <main class="page-view" data-view={view.value}>
        {isOpen ? <View /> : <Drop isOver={isOver.value} />}
      </main>
      <FaultToast />
      <KeysDialog
        open={(show) => {
          showKeys.current = show;
        }}
      />
    </div>
  );
}
