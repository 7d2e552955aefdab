// Where Timestream is. The backend's resource `regions` knows it best; this is for when it does not answer.

export const TIMESTREAM_REGIONS = [
  'eu-west-1',
  'eu-central-1',
  'us-east-1',
  'us-east-2',
  'us-west-2',
  'ap-south-1',
  'ap-southeast-2',
  'ap-northeast-1',
  'us-gov-west-1',
];

export const DEFAULT_REGIONS = { realtime: 'eu-west-1', historical: 'eu-west-2' } as const;

/** What is wrong with a region of the real-time leg. */
export function timestreamFault(region: string, timestreamRegions: string[] = TIMESTREAM_REGIONS): string | undefined {
  if (timestreamRegions.includes(region)) {
    return undefined;
  }
  const nearest = region === 'eu-west-2' ? ' London has none: its neighbour is eu-west-1, Ireland.' : '';
  return `Timestream for LiveAnalytics does not exist in ${region}.${nearest} It exists in ${timestreamRegions.join(', ')}.`;
}
