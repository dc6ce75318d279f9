// Clicks that reach their element, or are tried again: the page may move it meanwhile.

/** What a click needs of a tab. */
interface Clickable {
  evaluate<T>(expression: string): Promise<T>;
  press(x: number, y: number): Promise<void>;
}

type Point = readonly [x: number, y: number];

const TRIES = 20;

/**
 * Waits until the box of the element is the same in two frames and its centre is not covered.
 * From then on, the page sees no click beside the element. Returns the centre; null if the
 * element does not come to rest.
 */
const aim = (selector: string) => `(async () => {
  const find = () => document.querySelector(${JSON.stringify(selector)});
  // A tab in the background draws no frames.
  const frame = () => new Promise((resolve) => {
    requestAnimationFrame(resolve);
    setTimeout(resolve, 100);
  });
  const boxOf = (element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return [left, top, width, height];
  };
  const isSame = (a, b) => a.every((each, i) => each === b[i]);
  for (let tries = 0; tries < 200; tries += 1) {
    const element = find();
    if (element === null) { await frame(); continue; }
    element.scrollIntoView({ block: 'center', behavior: 'instant' });
    const before = boxOf(element);
    await frame();
    await frame();
    const box = boxOf(element);
    const [left, top, width, height] = box;
    const point = [left + width / 2, top + height / 2];
    if (!element.isConnected || element.disabled || !isSame(before, box)) continue;
    if (!element.contains(document.elementFromPoint(...point))) continue;
    const aimed = { hit: false };
    const guard = (event) => {
      if (find()?.contains(event.target)) {
        aimed.hit ||= event.type === 'click';
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    const events = ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click'];
    for (const each of events) addEventListener(each, guard, { capture: true });
    globalThis.afterClick = () => {
      for (const each of events) removeEventListener(each, guard, { capture: true });
      return aimed.hit;
    };
    return point;
  }
  return null;
})()`;

/** Clicks an element, which has to exist, be visible and come to rest. */
export async function clickOn({ evaluate, press }: Clickable, selector: string): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const point = await evaluate<Point | null>(aim(selector));
    if (point === null) break;
    await press(...point);
    if (await evaluate<boolean>('afterClick()')) return;
  }
  throw new Error(`cannot be clicked: ${selector}`);
}
