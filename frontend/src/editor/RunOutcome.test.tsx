import { LoadingState, toDataFrame, type PanelData } from '@grafana/data';
import { act, render, screen } from '@testing-library/react';
import React from 'react';

import { RunOutcome } from './RunOutcome';

const show = (data: Partial<PanelData>) => render(<RunOutcome data={data as PanelData} refId="A" />);

const answer = (values: number[]) => {
  const frame = toDataFrame({ refId: 'A', fields: [{ name: 'contacts', values }] });
  return { ...frame, meta: { custom: { runs: [{ leg: 'realtime', rows: values.length }] } } };
};

describe('what a run came to', () => {
  it('is rows, or why there are none', () => {
    const { unmount } = show({ state: LoadingState.Done, series: [answer([1])] });
    expect(screen.getByText(/1 row/)).toBeVisible();
    expect(screen.queryByText(/^No rows/)).not.toBeInTheDocument();
    unmount();
    show({ state: LoadingState.Done, series: [answer([])] });
    expect(screen.getByText(/^No rows/)).toBeVisible();
  });

  it('is not guessed where nothing ran', () => {
    show({ state: LoadingState.Done, series: [] });
    expect(screen.queryByText(/rows/)).not.toBeInTheDocument();
  });

  it('counts the seconds of a slow one', () => {
    jest.useFakeTimers();
    show({ state: LoadingState.Loading, series: [] });
    expect(screen.getByText('Running…')).toBeVisible();
    act(() => void jest.advanceTimersByTime(8_000));
    expect(screen.getByText(/^Running for 8 s\./)).toBeVisible();
    jest.useRealTimers();
  });
});
