// What runs in the page: it watches from a change of the file input on, with the page's own clock.
export const WATCH = `(() => {
  const state = () => globalThis.aioscope?.session();
  const drawn = () => [...document.querySelectorAll('main[data-view=time] canvas')].some(({ width }) => width > 0);
  const bench = (globalThis.bench = { chosen: 0, chart: 0, done: 0, longest: 0 });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) bench.longest = Math.max(bench.longest, duration);
  }).observe({ type: 'longtask' });
  const look = () => {
    const now = performance.now();
    if (!bench.chart && drawn()) bench.chart = now - bench.chosen;
    if (!bench.done && state()?.isDone) bench.done = now - bench.chosen;
    // A frame that is asked for is drawn, which the page would not do by itself.
    if (!bench.done) setTimeout(look, bench.chart ? 100 : 10);
  };
  addEventListener('change', () => {
    Object.assign(bench, { chosen: performance.now(), chart: 0, done: 0, longest: 0 });
    look();
  }, true);
  const seen = (index) => {
    const row = document.querySelector('main .row[aria-rowindex="' + (index + 2) + '"]');
    return row !== null && row.getAttribute('aria-busy') !== 'true';
  };
  /** Goes to a record by the field of the page, and resolves to the ms until its cells are there. */
  bench.jump = (index) => new Promise((resolve, reject) => {
    const form = document.querySelector('form.go-to');
    const input = form.querySelector('input');
    const observer = new MutationObserver(() => look());
    const begun = performance.now();
    const timer = setTimeout(() => { observer.disconnect(); reject(new Error('record ' + index + ' is not shown')); }, 20000);
    const look = () => {
      if (!seen(index)) return;
      observer.disconnect();
      clearTimeout(timer);
      resolve({ ms: performance.now() - begun, isDone: state().isDone });
    };
    observer.observe(document.querySelector('main'), { subtree: true, childList: true, attributes: true, characterData: true });
    input.value = String(index);
    input.dispatchEvent(new Event('input', { bubbles: true }));
    form.requestSubmit();
  });
  /** Resolves to the ms from the end of the next drag until the selected range is counted exactly. */
  bench.brush = () => new Promise((resolve) => {
    addEventListener('pointerup', () => {
      const begun = performance.now();
      const look = () => {
        const said = document.querySelector('[data-figure=range]')?.textContent ?? '';
        if (said.includes('exact;')) resolve(performance.now() - begun);
        else setTimeout(look, 5);
      };
      look();
    }, { capture: true, once: true });
  });
})()`;

/** How fast workers read a file that the bare page has been given: ms of each way, by turns. */
export const SPEED = `async ({ rounds, format }) => {
  const [file] = document.querySelector('input').files;
  const { summarizeInWorker } = await import('/browser.js');
  const code = 'onmessage = async ({ data }) => {' +
    ' const reader = data.stream().getReader({ mode: "byob" });' +
    ' let buffer = new ArrayBuffer(2 ** 20); let bytes = 0;' +
    ' for (;;) { const { value, done } = await reader.read(new Uint8Array(buffer)); if (done) break;' +
    '  bytes += value.byteLength; buffer = value.buffer; }' +
    ' postMessage(bytes); }';
  const module = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  const loop = () => new Promise((resolve, reject) => {
    const worker = new Worker(module);
    worker.onerror = reject;
    worker.onmessage = ({ data }) => {
      worker.terminate();
      if (data !== file.size) reject(new Error('the loop read ' + data));
      resolve();
    };
    worker.postMessage(file);
  });
  const ways = {
    loop,
    one: () => summarizeInWorker(file, { ...format, workers: 1 }),
    two: () => summarizeInWorker(file, { ...format, workers: 2 }),
    four: () => summarizeInWorker(file, { ...format, workers: 4 }),
  };
  const turns = [];
  for (let round = 0; round <= rounds; round++) {
    const turn = {};
    for (const [name, run] of Object.entries(ways)) {
      const begun = performance.now();
      await run();
      turn[name] = performance.now() - begun;
    }
    if (round > 0) turns.push(turn);
  }
  return turns;
}`;
