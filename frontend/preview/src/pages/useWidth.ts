// How wide an element is, kept up to date.
import { useLayoutEffect, useRef, useState, type RefObject } from 'react';

export function useWidth(): [RefObject<HTMLDivElement>, number] {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const observed = element.current;
    if (!observed) {
      return undefined;
    }
    const observer = new ResizeObserver(([entry]) => {
      const found = Math.floor(entry?.contentRect.width ?? 0);
      // Nothing is that narrow but what is not shown for the moment, and need not be drawn anew after that.
      if (found > 0) {
        setWidth(found);
      }
    });
    observer.observe(observed);
    setWidth(Math.floor(observed.getBoundingClientRect().width));
    return () => observer.disconnect();
  }, []);
  return [element, width];
}
