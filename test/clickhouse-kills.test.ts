// Does a load end with every row exactly once after kill -9 of a node or of the loader?
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type Kills,
  killOnce,
  prepareKills,
  randomFrom,
  VICTIMS,
} from '../scripts/clickhouse-kills.mjs';
import { clickhouseMissing, useCluster, WITH_CLICKHOUSE } from './support/clickhouse.ts';

const seed = Date.now() % 2 ** 31;
const random = randomFrom(seed);
const cluster = useCluster();
let kills: Kills;
let number = 0;

beforeAll(async () => {
  if (clickhouseMissing !== '') return;
  const { folder } = cluster();
  kills = await prepareKills({
    cluster: cluster(),
    folder: join(folder, 'dump'),
    env: WITH_CLICKHOUSE,
  });
}, 120_000);

describe.each(VICTIMS)('killed: %s', (victim) => {
  test.each([1, 2, 3])('%i', async () => {
    const { killed, stopped, faults } = await killOnce(kills, victim, random, ++number);
    const place = `seed ${seed}, kill ${number}: ${killed}`;
    expect(faults, `${place}; the load ended with: ${stopped.output}`).toEqual([]);
    if (stopped.status !== 0 && killed !== 'loader')
      expect(stopped.output, place).toMatch(/AIOSCOPE_CLICKHOUSE|http:\/\/127\.0\.0\.1/);
  });
});
