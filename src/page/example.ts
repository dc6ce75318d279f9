// The built-in example: 4,096 requests of fio with RWF_NOWAIT, of which many would have waited.
import type { PageSource } from './session.ts';

const FILES = {
  'fio_nowait.iocb88': new URL('../../test/fixtures/captures/fio_nowait.iocb88', import.meta.url),
  'fio_nowait.ioev56': new URL('../../test/fixtures/captures/fio_nowait.ioev56', import.meta.url),
};

/** The files of the example, which are beside the page. */
export const exampleSources = (): Promise<PageSource[]> =>
  Promise.all(
    Object.entries(FILES).map(async ([name, url]) => {
      const response = await fetch(url);
      if (!response.ok) throw new Error(`${name}: the server answered ${response.status}`);
      return { name, blob: await response.blob() };
    }),
  );
