// The time range and how often to look again, by Grafana's own pickers.
import { dateTime, type RawTimeRange, type TimeRange } from '@grafana/data';
import { RefreshPicker, Stack, TimeRangePicker } from '@grafana/ui';
import React, { useEffect, useRef } from 'react';

interface Props {
  range: TimeRange;
  timeZone: string;
  refresh: string;
  intervals?: string[];
  isLoading?: boolean;
  onRange: (raw: RawTimeRange) => void;
  onTimeZone: (timeZone: string) => void;
  onRefresh: () => void;
  onInterval: (interval: string) => void;
}

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 };

export function TimeControls(props: Props) {
  const { range, timeZone, refresh, intervals, isLoading, onRange, onTimeZone, onRefresh, onInterval } = props;
  const again = useRef(onRefresh);
  useEffect(() => {
    again.current = onRefresh;
  });
  useEffect(() => {
    const [, amount, unit] = /^(\d+)([smh])$/.exec(refresh) ?? [];
    if (!amount || !unit) {
      return undefined;
    }
    const timer = setInterval(() => again.current(), Number(amount) * UNITS[unit]!);
    return () => clearInterval(timer);
  }, [refresh]);

  const span = range.to.valueOf() - range.from.valueOf();
  const between = (from: number, to: number) => onRange({ from: dateTime(from), to: dateTime(to) });
  return (
    <Stack gap={1}>
      <TimeRangePicker
        value={range}
        timeZone={timeZone}
        onChange={({ raw }) => onRange(raw)}
        onChangeTimeZone={onTimeZone}
        onMoveBackward={() => between(range.from.valueOf() - span / 2, range.to.valueOf() - span / 2)}
        onMoveForward={() => between(range.from.valueOf() + span / 2, range.to.valueOf() + span / 2)}
        onZoom={() => between(range.from.valueOf() - span / 2, range.to.valueOf() + span / 2)}
        isOnCanvas
      />
      <RefreshPicker
        value={refresh}
        intervals={intervals}
        isLoading={isLoading}
        onRefresh={onRefresh}
        onIntervalChanged={onInterval}
        isOnCanvas
      />
    </Stack>
  );
}
