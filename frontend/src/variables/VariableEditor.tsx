import React from 'react';

export function VariableEditor() {
  return <></>;
}
