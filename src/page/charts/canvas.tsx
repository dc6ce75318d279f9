// A canvas that is drawn in CSS pixels at the resolution of the screen.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** What a drawing is drawn on. */
export interface Surface {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** The nearest border between two pixels of the screen. */
  readonly snap: (at: number) => number;
}

interface CanvasProps {
  /** Draws on a cleared canvas, after every rendering: with a few hundred bins that is < 1 ms. */
  readonly draw: (surface: Surface) => void;
  /** What is to be seen, in a sentence. */
  readonly label: string;
  readonly height: number;
  /** Is told the width in CSS pixels whenever it changes. */
  readonly onWidth?: (width: number) => void;
}

/** The pixels of the screen per CSS pixel; changes where a window moves to another screen. */
function useRatio(): number {
  const [ratio, setRatio] = useState(devicePixelRatio);
  useEffect(() => {
    const media = matchMedia(`(resolution: ${ratio}dppx)`);
    const update = () => setRatio(devicePixelRatio);
    media.addEventListener('change', update);
    return () => media.removeEventListener('change', update);
  }, [ratio]);
  return ratio;
}

export function Canvas({ draw, label, height, onWidth }: CanvasProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const ratio = useRatio();
  useLayoutEffect(() => {
    const canvas = ref.current;
    if (canvas === null) return;
    const measure = () => setWidth(canvas.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(canvas);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => onWidth?.(width), [width, onWidth]);
  useLayoutEffect(() => {
    const context = ref.current?.getContext('2d') ?? null;
    if (context === null || width === 0) return;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    const { canvas } = context;
    if (canvas.width !== across || canvas.height !== down) {
      canvas.width = across;
      canvas.height = down;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    draw({ context, width, height, snap: (at) => Math.round(at * ratio) / ratio });
  });
  return <canvas ref={ref} role="img" aria-label={label} style={{ height: `${height}px` }} />;
}
