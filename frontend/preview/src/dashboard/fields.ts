// Units, names, colours and thresholds of a panel's fields, and its transformations: all by Grafana's own functions.
import {
  FieldConfigOptionsRegistry,
  FieldType,
  applyFieldOverrides,
  displayNameOverrideProcessor,
  identityOverrideProcessor,
  numberOverrideProcessor,
  standardTransformers,
  standardTransformersRegistry,
  thresholdsOverrideProcessor,
  transformDataFrame,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
  type DataFrame,
  type FieldConfigPropertyItem,
  type FieldConfigSource,
  type GrafanaTheme2,
  type TransformerRegistryItem,
} from '@grafana/data';
import { lastValueFrom } from 'rxjs';

import { templates } from '../host/templates';
import type { SavedPanel } from './model';

type Process = FieldConfigPropertyItem['process'];

const STANDARD: Record<string, Process> = {
  displayName: displayNameOverrideProcessor as Process,
  unit: unitOverrideProcessor as Process,
  min: numberOverrideProcessor as Process,
  max: numberOverrideProcessor as Process,
  decimals: numberOverrideProcessor as Process,
  noValue: identityOverrideProcessor,
  thresholds: thresholdsOverrideProcessor as Process,
  mappings: valueMappingsOverrideProcessor as Process,
  color: identityOverrideProcessor,
  links: identityOverrideProcessor,
  filterable: identityOverrideProcessor,
};

/** Properties that belong to a kind of panel, by the names that Grafana's panels give them. */
const CUSTOM = [
  ['align', 'axisColorMode', 'axisGridShow', 'axisLabel', 'axisPlacement', 'axisSoftMax', 'axisSoftMin', 'axisWidth'],
  ['barAlignment', 'barMaxWidth', 'barWidthFactor', 'cellOptions', 'drawStyle', 'fillBelowTo', 'fillOpacity'],
  ['filterable', 'gradientMode', 'hideFrom', 'insertNulls', 'inspect', 'lineInterpolation', 'lineStyle', 'lineWidth'],
  ['minWidth', 'pointSize', 'scaleDistribution', 'showPoints', 'spanNulls', 'stacking', 'thresholdsStyle', 'transform'],
  ['width', 'hidden'],
].flat();

function property(id: string, process: Process, isCustom: boolean): FieldConfigPropertyItem {
  return {
    id: isCustom ? `custom.${id}` : id,
    path: id,
    name: id,
    isCustom,
    process,
    settings: { expandTemplateVars: id === 'displayName' },
    // The axis that a field asks for is that of its values, not that of time.
    shouldApply: ({ type }) => !(isCustom && id.startsWith('axis') && type === FieldType.time),
    editor: () => null,
    override: () => null,
  };
}

const registry = new FieldConfigOptionsRegistry(() => [
  ...Object.entries(STANDARD).map(([id, process]) => property(id, process, false)),
  ...CUSTOM.map((id) => property(id, identityOverrideProcessor, true)),
]);

standardTransformersRegistry.setInit(() => {
  // Some are exported under two names.
  const distinct = new Map(Object.values(standardTransformers).map((one) => [one.id, one]));
  return [...distinct.values()].map((transformation) => {
    const { id, name, description } = transformation;
    return { id, name, description, transformation: async () => transformation } as unknown as TransformerRegistryItem;
  });
});

/** The frames as the panel draws them: transformed, and each field with what it takes to show its values. */
export async function prepareFrames(
  frames: DataFrame[],
  panel: Pick<SavedPanel, 'transformations' | 'fieldConfig'>,
  theme: GrafanaTheme2,
  timeZone: string
): Promise<DataFrame[]> {
  const transformations = panel.transformations ?? [];
  const interpolate = (text: string) => templates.replace(text);
  const transformed =
    transformations.length > 0
      ? await lastValueFrom(transformDataFrame(transformations, frames, { interpolate }))
      : frames;
  return applyConfig(transformed, panel.fieldConfig, theme, timeZone);
}

export function applyConfig(
  frames: DataFrame[],
  fieldConfig: FieldConfigSource,
  theme: GrafanaTheme2,
  timeZone: string
): DataFrame[] {
  return applyFieldOverrides({
    data: frames,
    fieldConfig,
    fieldConfigRegistry: registry,
    replaceVariables: (text, scoped, format) => templates.replace(text, scoped, format),
    theme,
    timeZone,
  });
}
